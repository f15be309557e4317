"""The phrase at the head of mails, and their references.

Revision: 4af5e2cb8821
After: f255b05f84c5
"""

import sqlalchemy as sa

from alembic import op

revision = "4af5e2cb8821"
down_revision = "f255b05f84c5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_reference",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mail_reference")),
    )
    op.create_index(op.f("ix_mail_reference_sent_at"), "mail_reference", ["sent_at"])
    op.create_table(
        "mail_phrase",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mail_phrase_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_phrase")),
    )


def downgrade() -> None:
    op.drop_table("mail_phrase")
    op.drop_table("mail_reference")

"""Backup codes.

Revision: 1c508914c4fc
After: 82ec821c4592
"""

import sqlalchemy as sa

from alembic import op

revision = "1c508914c4fc"
down_revision = "82ec821c4592"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backup_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_backup_code_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_backup_code")),
    )
    op.create_table(
        "backup_code_set",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_backup_code_set_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_backup_code_set")),
    )


def downgrade() -> None:
    op.drop_table("backup_code_set")
    op.drop_table("backup_code")

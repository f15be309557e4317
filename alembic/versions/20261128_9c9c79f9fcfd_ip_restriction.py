"""From where an account may be used.

Revision: 9c9c79f9fcfd
After: 4af5e2cb8821
"""

import sqlalchemy as sa

from alembic import op

revision = "9c9c79f9fcfd"
down_revision = "4af5e2cb8821"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ip_restriction",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("on_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ip_restriction_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ip_restriction")),
    )
    op.create_table(
        "ip_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.Integer(), nullable=False),
        sa.Column("first", sa.LargeBinary(), nullable=False),
        sa.Column("last", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.String(length=90), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_from", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ip_rule_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_rule")),
        sa.UniqueConstraint(
            "account_id", "family", "first", "last", name=op.f("uq_ip_rule_account_id_family_first_last")
        ),
    )


def downgrade() -> None:
    op.drop_table("ip_rule")
    op.drop_table("ip_restriction")

"""Accounts whose owner has said that something was not theirs.

Revision: 6c2d9f41ab07
After: 5b1e7d20c4a8
"""

import sqlalchemy as sa

from alembic import op

revision = "6c2d9f41ab07"
down_revision = "5b1e7d20c4a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_freeze",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocks_login", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_freeze_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_freeze")),
    )
    op.create_index(op.f("ix_account_freeze_until"), "account_freeze", ["until"], unique=False)


def downgrade() -> None:
    op.drop_table("account_freeze")

"""The next steps of customers who may have lost their device.

Revision: 5b0d8a7c41e2
After: 016a31c521e0
"""

import sqlalchemy as sa

from alembic import op

revision = "5b0d8a7c41e2"
down_revision = "016a31c521e0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replacement_to_do",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_replacement_to_do_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_replacement_to_do")),
    )


def downgrade() -> None:
    op.drop_table("replacement_to_do")

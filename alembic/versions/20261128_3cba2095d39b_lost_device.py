"""The next steps of customers who may have lost their device.

Revision: 3cba2095d39b
After: 3aee2ce42082
"""

import sqlalchemy as sa

from alembic import op

revision = "3cba2095d39b"
down_revision = "3aee2ce42082"
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

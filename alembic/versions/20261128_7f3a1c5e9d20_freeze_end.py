"""Whether the end of a freeze was dealt with.

Revision: 7f3a1c5e9d20
After: 6c2d9f41ab07
"""

import sqlalchemy as sa

from alembic import op

revision = "7f3a1c5e9d20"
down_revision = "6c2d9f41ab07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_freeze") as table:
        table.add_column(sa.Column("is_over", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("account_freeze") as table:
        table.alter_column("is_over", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("account_freeze") as table:
        table.drop_column("is_over")

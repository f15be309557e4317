"""When a page has shown a set of backup codes. Those of before were shown, as far as anybody knows.

Revision: 2e9b7f50c4d8
After: 8d3f6a0e59b7
"""

import sqlalchemy as sa

from alembic import op

revision = "2e9b7f50c4d8"
down_revision = "8d3f6a0e59b7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backup_code_set", sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE backup_code_set SET shown_at = made_at")


def downgrade() -> None:
    op.drop_column("backup_code_set", "shown_at")

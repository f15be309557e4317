"""From when on a waiting mail is of no use.

Revision: d1c99ab16d8d
After: 5b1e0c7fa4d2
"""

import sqlalchemy as sa

from alembic import op

revision = "d1c99ab16d8d"
down_revision = "5b1e0c7fa4d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_message", "expires_at")

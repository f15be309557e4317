"""Email alerts: every login, or new browsers only. Accounts that had them on keep every login.

Revision: 5b1e7d20c4a8
After: a61f0c93d27e
"""

import sqlalchemy as sa

from alembic import op

revision = "5b1e7d20c4a8"
down_revision = "a61f0c93d27e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login_alert", sa.Column("setting", sa.String(length=5), nullable=False, server_default="every"))
    op.execute("ALTER TABLE login_alert RENAME COLUMN on_since TO since")


def downgrade() -> None:
    op.execute("DELETE FROM login_alert WHERE setting <> 'every'")
    op.execute("ALTER TABLE login_alert RENAME COLUMN since TO on_since")
    op.drop_column("login_alert", "setting")

"""When an account was last logged in to.

Revision: 0609c7845097
After: 5b0d8a7c41e2
"""

import sqlalchemy as sa

from alembic import op

revision = "0609c7845097"
down_revision = "5b0d8a7c41e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True))
    account = sa.table("account", sa.column("id"), sa.column("last_login_at"))
    browser = sa.table("known_browser", sa.column("account_id"), sa.column("last_seen_at"))
    latest = sa.select(sa.func.max(browser.c.last_seen_at)).where(browser.c.account_id == account.c.id)
    op.execute(sa.update(account).values(last_login_at=latest.scalar_subquery()))


def downgrade() -> None:
    # Not as a batch: SQLite would copy the table, and the one that goes would take all rows of its customers along.
    op.drop_column("account", "last_login_at")

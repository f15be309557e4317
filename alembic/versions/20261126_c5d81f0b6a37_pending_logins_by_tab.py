"""A login that owes its code is bound to a secret of the tab in which it was begun.

Revision: c5d81f0b6a37
After: 9d27c4b1e6f0
"""

import sqlalchemy as sa

from alembic import op

revision = "c5d81f0b6a37"
down_revision = "9d27c4b1e6f0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The version before writes rows, too, while both serve. They have no secret, and are given the password again.
    for name in ("secret_digest", "cookie_digest"):
        op.add_column("pending_login", sa.Column(name, sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    for name in ("cookie_digest", "secret_digest"):
        op.drop_column("pending_login", name)

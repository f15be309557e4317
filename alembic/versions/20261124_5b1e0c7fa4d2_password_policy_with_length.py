"""What a password was accepted under, with its minimum length: before, only the version of the policy was noted.

Revision: 5b1e0c7fa4d2
After: 2375a8403965
"""

from alembic import op

revision = "5b1e0c7fa4d2"
down_revision = "2375a8403965"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE account SET password_policy = password_policy * 1000 + 12 WHERE password_policy < 1000")


def downgrade() -> None:
    op.execute("UPDATE account SET password_policy = password_policy / 1000 WHERE password_policy >= 1000")

"""Whether what opens an account was set up in a browser that it had long known. Of what is there, nobody knows.

Revision: b18e5d3a90c6
After: d4b8e07f3c15
"""

import sqlalchemy as sa

from alembic import op

revision = "b18e5d3a90c6"
down_revision = "d4b8e07f3c15"
branch_labels = None
depends_on = None

TABLES = ("totp_authenticator", "backup_code_set", "passkey", "passkeys_only")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("in_known_browser", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "in_known_browser")

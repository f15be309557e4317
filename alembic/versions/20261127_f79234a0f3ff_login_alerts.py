"""Whether logins from new browsers are mailed.

Revision: f79234a0f3ff
After: f947ccd8cd1b
"""

import sqlalchemy as sa

from alembic import op

revision = "f79234a0f3ff"
down_revision = "f947ccd8cd1b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_alert",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("on_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_alert_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_login_alert")),
    )


def downgrade() -> None:
    op.drop_table("login_alert")

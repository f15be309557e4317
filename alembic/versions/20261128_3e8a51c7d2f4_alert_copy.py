"""The further mailbox of an account that gets copies of its login alerts.

Revision: 3e8a51c7d2f4
After: 7f3a1c5e9d20
"""

import sqlalchemy as sa

from alembic import op

revision = "3e8a51c7d2f4"
down_revision = "7f3a1c5e9d20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_copy",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_alert_copy_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_alert_copy")),
    )


def downgrade() -> None:
    op.drop_table("alert_copy")

"""The settings for login mails, and the mailboxes that receive copies.

Revision: f255b05f84c5
After: 1c508914c4fc
"""

import sqlalchemy as sa

from alembic import op

revision = "f255b05f84c5"
down_revision = "1c508914c4fc"
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
    op.create_table(
        "login_alert",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("setting", sa.String(length=5), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_alert_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_login_alert")),
    )


def downgrade() -> None:
    op.drop_table("login_alert")
    op.drop_table("alert_copy")

"""Logins that owe a code, and how many wrong ones there were.

Revision: ee4863d21072
After: 16ac3b64e862
"""

import sqlalchemy as sa

from alembic import op

revision = "ee4863d21072"
down_revision = "16ac3b64e862"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "failed_code_count",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_failed_code_count_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_failed_code_count")),
    )
    op.create_table(
        "pending_login",
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("remember", sa.Boolean(), nullable=False),
        sa.Column("return_to", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_pending_login_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("browser_digest", name=op.f("pk_pending_login")),
    )
    with op.batch_alter_table("pending_login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pending_login_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pending_login_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("pending_login", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pending_login_expires_at"))
        batch_op.drop_index(batch_op.f("ix_pending_login_account_id"))

    op.drop_table("pending_login")
    op.drop_table("failed_code_count")

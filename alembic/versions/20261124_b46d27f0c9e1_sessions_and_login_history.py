"""Sessions that ended lately are found at once; and the login history, with the second factor of a login.

Revision: b46d27f0c9e1
After: e3a90c55b718
"""

import sqlalchemy as sa

from alembic import op

revision = "b46d27f0c9e1"
down_revision = "e3a90c55b718"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_account_session_ended_at"), "account_session", ["ended_at"])
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("factor", sa.String(length=20), nullable=False, server_default=""))
    with op.batch_alter_table("ticket") as batch:
        batch.alter_column("factor", server_default=None)
    op.create_table(
        "login_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("factor", sa.String(length=20), nullable=False),
        sa.Column("scattered", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_entry_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_entry")),
    )
    op.create_index(op.f("ix_login_entry_account_id_at"), "login_entry", ["account_id", "at"])
    op.create_index(op.f("ix_login_entry_at"), "login_entry", ["at"])


def downgrade() -> None:
    op.drop_table("login_entry")
    with op.batch_alter_table("ticket") as batch:
        batch.drop_column("factor")
    op.drop_index(op.f("ix_account_session_ended_at"), "account_session")

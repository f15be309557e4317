"""Wrong codes are counted by browser, stops by account; and whether a customer has saved the backup codes.

Revision: e3a90c55b718
After: 7c41d0a95e18
"""

import sqlalchemy as sa

from alembic import op

revision = "e3a90c55b718"
down_revision = "7c41d0a95e18"
branch_labels = None
depends_on = None


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id_account"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "second_factor_lockout",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stops", sa.Integer(), nullable=False),
        _account("second_factor_lockout"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor_lockout")),
    )
    op.execute(
        "INSERT INTO second_factor_lockout (account_id, stopped_at, stops) "
        "SELECT account_id, stopped_at, 1 FROM failed_code_count WHERE stopped_at IS NOT NULL"
    )
    op.drop_table("failed_code_count")  # counts start again; stops were carried over
    op.create_table(
        "failed_code_count",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("known_browser", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _account("failed_code_count"),
        sa.PrimaryKeyConstraint("account_id", "known_browser", name=op.f("pk_failed_code_count")),
    )
    with op.batch_alter_table("backup_code_set") as batch:
        batch.add_column(sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE backup_code_set SET saved_at = made_at")


def downgrade() -> None:
    with op.batch_alter_table("backup_code_set") as batch:
        batch.drop_column("saved_at")
    op.drop_table("failed_code_count")
    op.create_table(
        "failed_code_count",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        _account("failed_code_count"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_failed_code_count")),
    )
    op.execute(
        "INSERT INTO failed_code_count (account_id, failures, stopped_at)"
        " SELECT account_id, 0, stopped_at FROM second_factor_lockout"
    )
    op.drop_table("second_factor_lockout")

"""The activity is read from the journal.

Its table goes with what it holds: entries from before the journal are in no journal, because a chain that got them
afterwards would say that they were written then.

Revision: d4b8e07f3c15
After: 3e8a51c7d2f4
"""

import sqlalchemy as sa

from alembic import op

revision = "d4b8e07f3c15"
down_revision = "3e8a51c7d2f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("activity_entry")


def downgrade() -> None:
    op.create_table(
        "activity_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("factor", sa.String(length=20), nullable=False),
        sa.Column("told", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=255), nullable=False),
        sa.Column("scattered", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_activity_entry_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_entry")),
    )
    op.create_index("ix_activity_entry_account_id_at", "activity_entry", ["account_id", "at"])
    op.create_index(op.f("ix_activity_entry_at"), "activity_entry", ["at"])

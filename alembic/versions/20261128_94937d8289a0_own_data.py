"""Accounts that are to be deleted.

Revision: 94937d8289a0
After: 3cba2095d39b
"""

import sqlalchemy as sa

from alembic import op

revision = "94937d8289a0"
down_revision = "3cba2095d39b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_deletion",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_deletion_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_deletion")),
    )
    op.create_index(op.f("ix_account_deletion_due_at"), "account_deletion", ["due_at"])


def downgrade() -> None:
    op.drop_table("account_deletion")

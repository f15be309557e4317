"""Customers whom a directory outside has sent.

Revision: 8f3a6c1e5d72
After: c4e1d7a90b36
"""

import sqlalchemy as sa

from alembic import op

revision = "8f3a6c1e5d72"
down_revision = "c4e1d7a90b36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "directory_link",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_directory_link_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_directory_link")),
        sa.UniqueConstraint("key", name=op.f("uq_directory_link_key")),
    )
    op.create_index(op.f("ix_directory_link_changed_at"), "directory_link", ["changed_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_directory_link_changed_at"), table_name="directory_link")
    op.drop_table("directory_link")

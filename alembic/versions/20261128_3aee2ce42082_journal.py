"""The journal, and the keys that sign it.

Revision: 3aee2ce42082
After: 9c9c79f9fcfd
"""

import sqlalchemy as sa

from alembic import op

revision = "3aee2ce42082"
down_revision = "9c9c79f9fcfd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_key")),
    )
    op.create_table(
        "journal_anchor",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=None), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_journal_anchor_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_journal_anchor")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sort", sa.String(length=10), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("details", sa.String(length=None), nullable=False),
        sa.Column("commitments", sa.String(length=None), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.Column("place_salt", sa.LargeBinary(), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("others", sa.String(length=None), nullable=False),
        sa.Column("others_salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_journal_entry_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_journal_entry")),
    )
    op.create_index("ix_journal_entry_account_id_address_number", "journal_entry", ["account_id", "address", "number"])
    op.create_index("ix_journal_entry_account_id_at_number", "journal_entry", ["account_id", "at", "number"])
    op.create_index("ix_journal_entry_account_id_sort_number", "journal_entry", ["account_id", "sort", "number"])
    op.create_index(op.f("ix_journal_entry_at"), "journal_entry", ["at"])
    op.create_index(op.f("ix_journal_entry_forget_at"), "journal_entry", ["forget_at"])


def downgrade() -> None:
    op.drop_table("journal_entry")
    op.drop_table("journal_anchor")
    op.drop_table("journal_key")

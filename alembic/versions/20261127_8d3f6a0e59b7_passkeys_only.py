"""Passkeys only, and the way back.

Revision: 8d3f6a0e59b7
After: 8f3a6c1e5d72
"""

import sqlalchemy as sa

from alembic import op

revision = "8d3f6a0e59b7"
down_revision = "8f3a6c1e5d72"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkeys_only",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_passkeys_only_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_passkeys_only")),
    )
    op.create_table(
        "passkey_recovery",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_passkey_recovery_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_passkey_recovery")),
    )
    op.create_index(op.f("ix_passkey_recovery_opens_at"), "passkey_recovery", ["opens_at"], unique=False)


def downgrade() -> None:
    op.drop_table("passkey_recovery")
    op.drop_table("passkeys_only")

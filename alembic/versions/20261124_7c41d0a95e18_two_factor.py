"""Devices that show codes, those being set up, and backup codes.

Revision: 7c41d0a95e18
After: d1c99ab16d8d
"""

import sqlalchemy as sa

from alembic import op

revision = "7c41d0a95e18"
down_revision = "d1c99ab16d8d"
branch_labels = None
depends_on = None


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id_account"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "totp_authenticator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        _account("totp_authenticator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_authenticator")),
    )
    op.create_index(op.f("ix_totp_authenticator_account_id"), "totp_authenticator", ["account_id"])
    op.create_table(
        "totp_enrolment",
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _account("totp_enrolment"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["account_session.id"],
            name=op.f("fk_totp_enrolment_session_id_account_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_totp_enrolment")),
    )
    for column in ("account_id", "session_id", "expires_at"):
        op.create_index(op.f(f"ix_totp_enrolment_{column}"), "totp_enrolment", [column])
    op.create_table(
        "backup_code_set",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _account("backup_code_set"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_backup_code_set")),
    )
    op.create_table(
        "backup_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _account("backup_code"),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_backup_code")),
    )


def downgrade() -> None:
    for table in ("backup_code", "backup_code_set", "totp_enrolment", "totp_authenticator"):
        op.drop_table(table)

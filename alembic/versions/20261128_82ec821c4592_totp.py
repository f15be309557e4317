"""Authenticators, and those that are being set up.

Revision: 82ec821c4592
After: 6a41d939fd76
"""

import sqlalchemy as sa

from alembic import op

revision = "82ec821c4592"
down_revision = "6a41d939fd76"
branch_labels = None
depends_on = None


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
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_totp_authenticator_account_id_account"), ondelete="CASCADE"
        ),
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
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_totp_enrolment_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["account_session.id"],
            name=op.f("fk_totp_enrolment_session_id_account_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_totp_enrolment")),
    )
    op.create_index(op.f("ix_totp_enrolment_account_id"), "totp_enrolment", ["account_id"])
    op.create_index(op.f("ix_totp_enrolment_expires_at"), "totp_enrolment", ["expires_at"])
    op.create_index(op.f("ix_totp_enrolment_session_id"), "totp_enrolment", ["session_id"])


def downgrade() -> None:
    op.drop_table("totp_enrolment")
    op.drop_table("totp_authenticator")

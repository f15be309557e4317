"""The question for a first passkey.

Revision: b27d40c96e13
After: 2e9b7f50c4d8
"""

import sqlalchemy as sa

from alembic import op

revision = "b27d40c96e13"
down_revision = "2e9b7f50c4d8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkey_question",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_passkey_question_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_passkey_question")),
    )


def downgrade() -> None:
    op.drop_table("passkey_question")

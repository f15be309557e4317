"""One form of an e-mail address for comparing: domains in ASCII, letters of the usual width, composed.

Two accounts may turn out to have one mailbox. Then the one that is known by the new form already, or else the older
one, can be logged in to by its address. The other keeps its rows, its sessions and the form that it has; the log names
both, and `docs/deployment.md` says what to do.

Revision: 9d27c4b1e6f0
After: b46d27f0c9e1
"""

import contextlib
import logging
import unicodedata

import idna
import sqlalchemy as sa

from alembic import op

revision = "9d27c4b1e6f0"
down_revision = "b46d27f0c9e1"
branch_labels = None
depends_on = None

logger = logging.getLogger("netim_app.migrations")
ACCOUNT = sa.table("account", sa.column("id"), sa.column("email"), sa.column("email_key"))
SIGN_UP = sa.table("sign_up", sa.column("id"), sa.column("email"), sa.column("email_key"))


def new_key(email: str) -> str:
    """What `email_address.email_key` was on the day of this migration."""
    usual = "".join(
        unicodedata.normalize("NFKC", letter)
        if unicodedata.decomposition(letter).startswith(("<wide>", "<narrow>"))
        else letter
        for letter in email.strip()
    )
    local, at, domain = unicodedata.normalize("NFC", usual).rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    return unicodedata.normalize("NFC", local.lower()) + at + domain.lower()


def old_key(email: str) -> str:
    return email.strip().lower()


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(ACCOUNT).order_by(ACCOUNT.c.id)).all()
    for row in rows:
        if not row.email_key.isascii():  # no other form changes
            _change_account(connection, row)
    _change_sign_ups(connection, new_key)


def downgrade() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(ACCOUNT)).all():
        _set_key(connection, ACCOUNT, row, old_key(row.email))
    _change_sign_ups(connection, old_key)


def _change_account(connection: sa.Connection, row: sa.Row) -> None:
    key = new_key(row.email)
    same = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.email_key == key, ACCOUNT.c.id != row.id)
    other = connection.execute(same).scalar()
    if other is None:
        _set_key(connection, ACCOUNT, row, key)
    else:
        logger.warning("accounts %s and %s have one mailbox: the address logs in to %s", other, row.id, other)


def _change_sign_ups(connection: sa.Connection, key_of) -> None:  # type: ignore[no-untyped-def]
    for row in connection.execute(sa.select(SIGN_UP)).all():
        _set_key(connection, SIGN_UP, row, key_of(row.email))


def _set_key(connection: sa.Connection, table: sa.TableClause, row: sa.Row, key: str) -> None:
    if key != row.email_key:
        connection.execute(sa.update(table).where(table.c.id == row.id).values(email_key=key))

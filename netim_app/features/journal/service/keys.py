"""The signing key: made once, sealed by the vault, with its public half at a fixed URL."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from netim_app.features.journal import rules
from netim_app.features.journal.tables import JournalKey
from netim_app.infra.columns import table_of
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork

PATH = "/.well-known/journal-key.txt"
ONLY = 1
_CONTEXT = "journal_key:sealed"
_key = table_of(JournalKey).c
_FIND = sa.select(_key.public, _key.sealed).where(_key.id == ONLY)


@dataclass(frozen=True)
class Signer:
    """Signs notes, and recognises its own. `line` is the public key in the format for verifiers."""

    name: str
    line: str
    seed: bytes

    def note(self, text: str) -> str:
        """The text with its signature."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return rules.note_of(text, self.name, key.public_key().public_bytes_raw(), key.sign(text.encode()))

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether this key has signed a text, under any name: the site may have moved since."""
        try:
            Ed25519PrivateKey.from_private_bytes(self.seed).public_key().verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def missing(unit: UnitOfWork) -> list[int]:
    """The id of the key if it does not exist yet. Call `make` for it."""
    return [] if unit.row(_FIND) else [ONLY]


def make(unit: UnitOfWork, _key_id: int) -> None:
    """Makes the key, unless another server has just made it."""
    private = Ed25519PrivateKey.generate()
    row = {
        "id": ONLY,
        "public": private.public_key().public_bytes_raw(),
        "sealed": unit.vault.seal(private.private_bytes_raw(), _CONTEXT),
        "created_at": unit.now,
    }
    unit.run(unit.insert(table_of(JournalKey)).on_conflict_do_nothing(index_elements=["id"]), row)


def signer(unit: UnitOfWork) -> Signer:
    """The unsealed key.

    Raises:
        LookupError: there is no key yet.
        VaultError: no current secret opens it.
    """
    row = unit.row(_FIND)
    if row is None:
        raise LookupError("the server has made no key for journals yet")
    name = _name(unit)
    return Signer(name, rules.key_line(name, row.public), unit.vault.open(row.sealed, _CONTEXT))


def vouches_for(unit: UnitOfWork, note: str, account_id: int, removed: rules.Head) -> bool:
    """Whether the current key has signed that this entry was the last removed one."""
    text, signature = rules.read_note(note)
    has_key = unit.row(_FIND) is not None
    return has_key and rules.is_anchor(text, account_id, removed) and signer(unit).has_signed(text, signature)


def public_key(unit: UnitOfWork) -> str | None:
    """The content at `PATH`: one line with the public key. None before there is a key."""
    row = unit.row(_FIND)
    return row and f"{rules.key_line(_name(unit), row.public)}\n"


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Re-seals the key. It stays the same key, so its signatures stay valid."""
    return rewrap_rows(unit, unit.session.exec(select(JournalKey).with_for_update()), lambda _row: _CONTEXT, "sealed")


def _name(unit: UnitOfWork) -> str:
    """The name of the key: it says where to find the public half."""
    return f"{urlsplit(unit.settings.public_url).netloc}/journal"

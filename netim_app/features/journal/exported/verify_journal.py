"""Verifies a journal that was exported.

python verify_journal.py [folder] [--key LINE] [--mail "123 9f3a-c01b-77de-0c52-e8a4"]

It needs Python 3.9 or newer and, for the signatures, the package `cryptography`. The folder is that of the unpacked
export; without it, that of this program. `--key` is the public key from another place than the export: the line at
/.well-known/journal-key.txt. `--mail` is what the small print of a mail says, number and fingerprint; name it as often
as you like. It ends with 0 where all is right, with 1 where something is wrong, and with 2 where signatures could not
be verified.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict

TAG = b"netim-journal-v1\0"
FIRST_PREVIOUS = "0" * 64
HASHED = ("account", "no", "at", "event", "details", "personal")
ED25519 = b"\x01"
KEY_BYTES = len(ED25519) + 32
SALT_BYTES = 16
Entry = Dict[str, Any]


class Broken(Exception):
    """Says in one sentence why the verification failed."""


def canonical(value: object) -> bytes:
    """RFC 8785, for the values in entries: texts, whole numbers, true, false, and names in ASCII."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def once(members: "list[tuple[str, object]]") -> "dict[str, object]":
    """A JSON object without duplicate names: some parsers take the first value of a duplicate, others the last."""
    read = dict(members)
    if len(read) != len(members):
        raise ValueError("a name appears twice")
    return read


def read_entry(text: str, number: int) -> Entry:
    """Parses a line of the file as the entry with this number."""
    try:
        entry: Entry = json.loads(text, object_pairs_hook=once)
        names = set(entry)
    except (ValueError, TypeError):
        raise Broken(f"no. {number}: the line is not an entry") from None
    if wrong := names ^ {*HASHED, "values", "hash"}:
        raise Broken(f"no. {number}: the line lacks, or has beyond an entry: {', '.join(sorted(wrong))}")
    if entry["no"] != number:
        raise Broken(f"no. {number} is missing: no. {entry['no']} is in its place")
    return entry


def verify_entry(entry: Entry, previous: str) -> str:
    """Raises Broken unless the entry follows the one with the hash `previous`. Returns its own hash."""
    content = {name: entry[name] for name in HASHED}
    found = hashlib.sha256(TAG + bytes.fromhex(previous) + canonical(content)).hexdigest()
    if found != entry["hash"]:
        raise Broken(f"no. {entry['no']} was changed, or an entry before it was: its hash is {found}")
    for name, kept in entry["values"].items():
        salt = bytes.fromhex(kept["salt"])
        committed = hashlib.sha256(salt + kept["value"].encode()).hexdigest()
        if len(salt) != SALT_BYTES or committed != entry["personal"].get(name):
            raise Broken(f"no. {entry['no']}: its {name} was changed")
    return str(entry["hash"])


def verify_chain(path: Path, account: str, start: int, previous: str) -> dict[int, str]:
    """The hashes of all entries by number, from the one after no. `start`, whose hash is `previous`."""
    hashes = {start: previous}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start + 1):
            entry = read_entry(line, number)
            if str(entry["account"]) != account:
                raise Broken(f"no. {number} belongs to another account")
            hashes[number] = previous = verify_entry(entry, previous)
    return hashes


def read_note(path: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """The text of a signed note, its values by name, and its signatures by key name (C2SP signed-note)."""
    text, _, signatures = path.read_text(encoding="utf-8").rpartition("\n\n")
    signed = dict(re.findall("^— (\\S+) (\\S+)$", signatures, re.MULTILINE))
    values = {name: value for name, _, value in (line.partition(" ") for line in text.splitlines())}
    return text + "\n", values, signed


def read_key(line: str) -> tuple[str, bytes, bytes]:
    """Name, id and public key of a line such as `example.com/journal+1a2b3c4d+Aa...`."""
    name, key_id, key = line.strip().split("+", 2)
    raw = base64.b64decode(key)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != ED25519 or len(raw) != KEY_BYTES or bytes.fromhex(key_id) != expected:
        raise Broken("the public key is damaged")
    return name, expected, raw[1:]


def verify_note(path: Path, line: str) -> dict[str, str]:
    """Raises Broken unless the note is signed by this key. Returns its values."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, values, signed = read_note(path)
    name, key_id, public = read_key(line)
    signature = base64.b64decode(signed.get(name, ""))
    try:
        if signature[:4] != key_id:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
    except InvalidSignature:
        raise Broken(f"{path.name} is not signed by this key") from None
    return values


def verify_mail(said: str, hashes: dict[int, str]) -> None:
    """Raises Broken unless the journal has the entry that a mail names."""
    found = re.search(r"(\d+)\D+?((?:[0-9a-f]{4}-){2,}[0-9a-f]{4})", said)
    if not found:
        raise Broken(f"this is no number with a fingerprint: {said}")
    number, fingerprint = int(found[1]), found[2].replace("-", "")
    first, last = min(hashes), max(hashes)
    if number > last:
        raise Broken(f"a mail tells no. {number}, but the journal ends at no. {last}: its end was cut off")
    if number < first:
        raise Broken(f"a mail tells no. {number}, which was removed: the journal begins at no. {first + 1}")
    if not hashes[number].startswith(fingerprint):
        raise Broken(f"no. {number} is not the one that a mail tells: the journal was rewritten")


def verify(folder: Path, key: str, mails: list[str]) -> tuple[str, bool]:
    """Returns a sentence that says which entries were verified, and whether the signatures were.

    Raises: Broken.
    """
    lines = [(folder / "key.txt").read_text(encoding="utf-8").strip()]
    if key and key.strip() != lines[0]:
        raise Broken("the export has another key than the one that you name")
    anchor, notes = folder / "anchor.txt", [folder / "head.txt"]
    head = read_note(notes[0])[1]
    start, previous = 0, FIRST_PREVIOUS
    if anchor.exists():
        notes.append(anchor)
        values = read_note(anchor)[1]
        start, previous = int(values["number"]), values["hash"]
    hashes = verify_chain(folder / "entries.jsonl", head["account"], start, previous)
    last = max(hashes)
    if int(head["number"]) != last:
        raise Broken(f"the signed head is no. {head['number']}, but the file ends at no. {last}")
    if head["hash"] != hashes[last]:
        raise Broken(f"the signed head is another no. {last}")
    kinds = ["netim-journal-v1 head", "netim-journal-v1 anchor"]
    if [read_note(note)[0].splitlines()[0] for note in notes] != kinds[: len(notes)]:
        raise Broken("a note is not what its name says")
    for said in mails:
        verify_mail(said, hashes)
    try:
        accounts = {verify_note(note, lines[0])["account"] for note in notes}
    except ImportError:
        return f"verified from no. {start + 1} to {last}, but not the signature: install cryptography", False
    if len(accounts) > 1:
        raise Broken("anchor.txt belongs to another account")
    return f"verified from no. {start + 1} to {last}, account {accounts.pop()}", True


def main() -> int:
    """Reads the command line, prints the result, and returns the exit code."""
    parser = argparse.ArgumentParser(description="Verifies a journal that was exported.")
    parser.add_argument("folder", nargs="?", default=Path(__file__).parent, type=Path)
    parser.add_argument("--key", default="", help="the line at /.well-known/journal-key.txt")
    parser.add_argument("--mail", action="append", default=[], help='such as "123 9f3a-c01b-77de-0c52-e8a4"')
    asked = parser.parse_args()
    try:
        said, signed = verify(asked.folder, asked.key, asked.mail)
    except Broken as problem:
        print(f"BROKEN: {problem}")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        print(f"BROKEN: the export cannot be read: {problem!r}")
        return 1
    print(said)
    return 0 if signed else 2


if __name__ == "__main__":
    sys.exit(main())

"""The program in the export, as its owner runs it: in an environment that has `cryptography` and nothing else."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netim_app.core.facts import Origin
from netim_app.features.journal import rules
from netim_app.features.journal.service import checking, entries, files, keys, reading, retention
from netim_app.features.journal.tables import JournalAnchor, JournalEntry, JournalKey
from netim_app.identity import facts, operations
from netim_app.infra.unit_of_work import Units
from netim_app.infra.vault import Vault
from tests.kit.factories import HERE, last_mail, logged_in_actor
from tests.kit.fakes import FakeClock
from tests.kit.journal import Unpacked, bare_python, check, lengthen, unpack


def live(units: Units, email: str = "ada@example.org") -> int:
    """An account with a few entries, a mail among them."""
    caller = logged_in_actor(units, email)
    with units.write() as unit:
        operations.end_sessions(unit, caller.account_id, HERE)
        for address in ("192.0.2.7", "2001:db8::1"):
            unit.record(
                facts.LoginFailed(
                    account_id=caller.account_id,
                    at=unit.now,
                    origin=Origin(address=address, browser="=1+1", system="Línux"),
                    reason="wrong",
                )
            )
        files.note_export(unit, caller)
    return caller.account_id


def exported(units: Units, account_id: int, folder: Path) -> Unpacked:
    with units.read() as unit:
        return unpack(files.archive(unit, account_id), folder)


@pytest.fixture
def export(sqlite_units: Units, tmp_path: Path) -> Unpacked:
    return exported(sqlite_units, live(sqlite_units), tmp_path)


def mail_line(units: Units, event: str) -> str:
    """The small print of the last such mail."""
    found = re.search(r"Journal no\. (.+)", last_mail(units, event).text)
    assert found
    return found[1]


def test_an_export_is_verified_with_the_published_key_and_with_mails(units: Units, tmp_path: Path) -> None:
    account_id = live(units)
    export = exported(units, account_id, tmp_path)
    with units.read() as unit:
        key, last = keys.public_key(unit), entries.newest(unit, account_id).number
    mails = [mail_line(units, event) for event in ("support_acted", "journal_exported")]

    said = export.verify("--key", key or "", "--mail", mails[0], "--mail", mails[1])

    assert said == (0, f"verified from no. 1 to {last}, account {account_id}")
    assert not bare_python().parent.parent.joinpath("lib/site-packages/rfc8785").exists()


def _change(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace('"event": "', '"event": "x'), *lines[3:]]


def _change_and_hash_anew(lines: list[str]) -> list[str]:
    """An entry that fits the one before it; the one after it does not fit."""
    from netim_app.features.journal import rules

    entry = json.loads(lines[2])
    content = rules.Entry(
        entry["account"], 3, entries.datetime.fromisoformat(entry["at"]), "made_up", {}, entry["personal"]
    )
    entry |= content.content() | {"hash": rules.hash_of(json.loads(lines[1])["hash"], content)}
    return [*lines[:2], json.dumps(entry) + "\n", *lines[3:]]


def _move_into_salt(lines: list[str]) -> list[str]:
    """The commitment stays the same when the first digits of a value are told as the end of its salt."""
    entry = json.loads(lines[2])
    kept = entry["values"]["address"]
    entry["values"]["address"] = {"salt": kept["salt"] + kept["value"][:2].encode().hex(), "value": kept["value"][2:]}
    return [*lines[:2], json.dumps(entry) + "\n", *lines[3:]]


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (_move_into_salt, r"no\. 3: its address was changed"),
        (
            lambda lines: [*lines[:2], lines[2].replace("{", '{"no": 9, ', 1), *lines[3:]],
            r"no\. 3: the line is not an entry",
        ),
        (lambda lines: [*lines[:2], lines[2].replace("{", '{"x": 9, ', 1), *lines[3:]], r"beyond an entry: x"),
        (_change, r"no\. 3 was changed"),
        (_change_and_hash_anew, r"no\. 4 was changed, or an entry before it was"),
        (lambda lines: [*lines[:2], *lines[3:]], r"no\. 3 is missing: no\. 4"),
        (lambda lines: lines[1:], r"no\. 1 is missing"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], r"no\. 3 is missing: no\. 4"),
        (lambda lines: lines[:-1], r"the signed head is no\. \d+, but the file ends at"),
        (lambda lines: [*lines, lines[-1]], r"is missing: no\. \d+ is in its place"),
        (lambda lines: [line.replace("192.0.2.7", "192.0.2.8") for line in lines], r"its address was changed"),
        (lambda lines: [*lines[:2], "not json\n", *lines[3:]], r"no\. 3: the line is not an entry"),
        (lambda lines: [*lines[:2], "{}\n", *lines[3:]], r"no\. 3: the line lacks"),
        (lambda lines: [], r"the signed head is"),
    ],
)
def test_journal_forged_what_was_changed_removed_swapped_or_cut_is_found(
    export: Unpacked, forge: Callable[[list[str]], list[str]], said: str
) -> None:
    assert export.verify()[0] == 0
    export.write_lines(forge(export.lines()))

    code, words = export.verify()

    assert code == 1
    assert re.search(f"BROKEN: .*{said}", words), words


def test_a_tail_that_the_operator_cuts_and_signs_contradicts_a_mail(units: Units, tmp_path: Path) -> None:
    account_id = live(units)
    mail = mail_line(units, "journal_exported")
    with units.write() as unit:
        number = entries.newest(unit, account_id).number
        unit.session.delete(unit.session.get_one(JournalEntry, (account_id, number)))
    export = exported(units, account_id, tmp_path)

    assert export.verify()[0] == 0, "the signature alone does not show it"
    assert export.verify("--mail", mail) == (
        1,
        f"BROKEN: a mail tells no. {number}, but the journal ends at no. {number - 1}: its end was cut off",
    )


def test_a_journal_that_the_operator_rewrites_and_signs_contradicts_a_mail(units: Units, tmp_path: Path) -> None:
    account_id = live(units)
    mail = mail_line(units, "support_acted")
    with units.write() as unit:
        unit.run(entries.sa.delete(entries._ENTRIES), {})
    with units.write() as unit:
        for _ in range(30):
            unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now))
    export = exported(units, account_id, tmp_path)

    assert export.verify()[0] == 0, "the signature alone does not show it"
    code, words = export.verify("--mail", mail)
    assert (code, words.endswith("the journal was rewritten")) == (1, True)


@pytest.mark.parametrize("name", ["head.txt", "key.txt"])
def test_a_note_or_a_key_that_was_changed_is_found(export: Unpacked, name: str) -> None:
    file = export.folder / name
    text = file.read_text("utf-8")
    file.write_text(text.replace("time 20", "time 19") if name == "head.txt" else text.replace("+A", "+B"), "utf-8")
    assert export.verify()[0] == 1


def test_another_key_than_the_published_one_is_found(export: Unpacked) -> None:
    code, words = export.verify("--key", "account.netim.example/journal+00000000+AAAA")
    assert (code, words) == (1, "BROKEN: the export has another key than the one that you name")


def test_without_cryptography_the_chain_is_verified_and_the_program_says_so(export: Unpacked) -> None:
    (export.folder / "cryptography.py").write_text("raise ImportError\n")
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, export.folder / "verify_journal.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "not the signature" in done.stdout) == (2, True)


def test_a_shortened_journal_is_verified_from_its_anchor(units: Units, clock: FakeClock, tmp_path: Path) -> None:
    account_id = live(units)
    with units.read() as unit:
        old = entries.newest(unit, account_id).number
    clock.advance(days=3 * 365 + 89)
    assert due(units) == []
    clock.advance(days=2)
    assert due(units) == [account_id]
    with units.write() as unit:
        retention.shorten(unit, account_id)
        retention.shorten(unit, account_id)
    assert due(units) == []
    export = exported(units, account_id, tmp_path)

    assert export.verify() == (0, f"verified from no. {old + 1} to {old + 1}, account {account_id}")
    assert json.loads(export.lines()[0])["event"] == "journal_shortened"
    with units.read() as unit:
        assert check(unit, account_id) == (old + 1, old + 1, 0)
    anchor = export.folder / "anchor.txt"
    anchor.write_text(anchor.read_text("utf-8").replace("account ", "account 1"), "utf-8")
    assert export.verify() == (1, "BROKEN: anchor.txt is not signed by this key")


def test_an_anchor_that_the_server_has_not_signed_is_none(units: Units, clock: FakeClock, tmp_path: Path) -> None:
    """Somebody who writes to the database removes the first entries, and says that the server has done it."""
    account_id, other = live(units), live(units, "other@example.org")
    clock.advance(days=3 * 365 + 91)
    with units.write() as unit:
        retention.shorten(unit, other)
        foreign = unit.session.get_one(JournalAnchor, other).note
        hash_of_2 = unit.session.get_one(JournalEntry, (account_id, 2)).hash
        made_up = foreign.replace(f"account {other}", f"account {account_id}")
        head = keys.signer(unit).note(rules.head_text(account_id, rules.Head(2, hash_of_2), unit.now))
        unit.run(entries.sa.delete(entries._ENTRIES).where(entries._entry.number <= 2), {})
    for note in ("", "no note", foreign, made_up, head):
        with units.write() as unit:
            unit.session.merge(JournalAnchor(account_id=account_id, number=2, hash=hash_of_2, note=note))
        with units.read() as unit:
            assert check(unit, account_id) == (1, 0, 1), note
    export = exported(units, account_id, tmp_path)
    assert export.verify() == (1, "BROKEN: no. 1 is missing: no. 3 is in its place")
    assert not (export.folder / "anchor.txt").exists()


def test_an_anchor_stays_when_the_site_moves_and_not_when_the_key_is_lost(units: Units, clock: FakeClock) -> None:
    account_id = live(units)
    clock.advance(days=3 * 365 + 91)
    with units.write() as unit:
        retention.shorten(unit, account_id)
    with units.read() as unit:
        first = reading.beginning(unit, account_id)
        assert first.number > 0
        unit.settings = unit.settings.model_copy(update={"public_url": "https://account.example.net"})
        assert reading.beginning(unit, account_id) == first
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(JournalKey, keys.ONLY))
    with units.write() as unit:
        assert reading.beginning(unit, account_id).number == 0
        keys.make(unit, keys.ONLY)
        assert reading.beginning(unit, account_id).number == 0


def test_a_journal_that_is_shortened_while_it_is_exported_is_written_anew(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On PostgreSQL a unit sees what others commit meanwhile; on SQLite it does not."""
    account_id = live(units)
    clock.advance(days=3 * 365 + 91)
    write = files._archive

    def shorten_first(*args: Any) -> bytes:
        with units.write() as other:
            retention.shorten(other, account_id)
        return write(*args)

    monkeypatch.setattr(files, "_archive", shorten_first)

    assert exported(units, account_id, tmp_path).verify()[0] == 0


def due(units: Units) -> list[int]:
    with units.read() as unit:
        return retention.too_long(unit)


def test_csv_injection(export: Unpacked) -> None:
    rows = list(csv.reader(io.StringIO((export.folder / "entries.csv").read_text("utf-8"))))
    assert rows[0] == list(files.COLUMNS)
    assert len(rows) == len(export.lines()) + 1
    cells = {cell for row in rows for cell in row}
    assert "'=1+1" in cells
    assert not {cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))}
    assert [files.defused(cell) for cell in ("=a", "+a", "-a", "@a", "\ta", "\ra", "a=", "a;=b;c", "a;b", "a\n@b")] == [
        "'=a", "'+a", "'-a", "'@a", "'\ta", "'\ra", "a=", "a;'=b;c", "a;b", "a\n'@b",
    ]  # fmt: skip


def test_an_edit_is_in_both_forms_of_the_export(sqlite_units: Units, tmp_path: Path) -> None:
    account_id = live(sqlite_units)
    with sqlite_units.write() as unit:
        edits = (facts.Edit("city", "Paris", "Zürich"), facts.Edit("company", "", "=1+1"))
        unit.record(facts.ProfileChanged(account_id=account_id, at=unit.now, origin=HERE, edits=edits))
    export = exported(sqlite_units, account_id, tmp_path)

    assert export.verify()[0] == 0
    kept = json.loads(export.lines()[-1])["values"]
    expected = {"old_city": "Paris", "new_city": "Zürich", "old_company": "", "new_company": "=1+1"}
    assert {name: kept[name]["value"] for name in expected} == expected
    row = list(csv.DictReader(io.StringIO((export.folder / "entries.csv").read_text("utf-8"))))[-1]
    assert json.loads(row["others"]) == expected
    assert "Zürich" in row["others"], "in letters that people read"

    export.write_lines([line.replace("Paris", "Rome") for line in export.lines()])
    assert export.verify()[1].endswith("its old_city was changed")


def test_the_page_check_finds_what_was_changed_in_the_database(units: Units) -> None:
    account_id = live(units)
    with units.read() as unit:
        last = entries.newest(unit, account_id).number
        assert check(unit, account_id) == (1, last, 0)
    changes: list[tuple[int, str, object]] = [(2, "event", "x"), (3, "address", "192.0.2.9"), (4, "details", "{}")]
    for number, column, value in changes:
        with units.write() as unit:
            entry = unit.session.get_one(JournalEntry, (account_id, number))
            setattr(entry, column, value)
            unit.session.flush()
            assert check(unit, account_id) == (1, number - 1, number)
            unit.session.rollback()
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(JournalEntry, (account_id, 3)))
        unit.session.flush()
        assert check(unit, account_id)[2] == 3


def test_the_check_goes_over_all_entries_part_by_part(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    """A break is found in each part, a cut end too."""
    monkeypatch.setattr(checking, "PART", 5)
    account_id = live(units)
    with units.write() as unit:
        first = entries.newest(unit, account_id).number
        lengthen(unit, account_id, 17 - first)
    with units.read() as unit:
        assert check(unit, account_id) == (1, 17, 0)
        begun = checking.begin(unit, account_id)
        assert (begun.head.number, begun.end, begun.is_over) == (5, 17, False)
    for number in (5, 6, 17):
        with units.write() as unit:
            unit.session.get_one(JournalEntry, (account_id, number)).event = "made_up"
            unit.session.flush()
            assert check(unit, account_id) == (1, number - 1, number)
            unit.session.rollback()
    with units.write() as unit:
        unit.run(entries.sa.delete(entries._ENTRIES).where(entries._entry.number > 5), {})
        assert checking.go_on(unit, account_id, begun).broken == 6


def test_entries_that_are_removed_during_a_check_are_no_break(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PART", 2)
    account_id = live(units)
    clock.advance(days=3 * 365 + 91)
    with units.write() as unit:
        fail = facts.LoginFailed(account_id=account_id, at=unit.now, origin=HERE, reason="wrong")
        for _ in range(3):
            unit.record(fail)
        begun = checking.begin(unit, account_id)
        retention.shorten(unit, account_id)
        removed = reading.beginning(unit, account_id).number
        assert begun.head.number < removed
        assert checking.go_on(unit, account_id, begun).head.number == removed + 2
        assert check(unit, account_id) == (removed + 1, entries.newest(unit, account_id).number, 0)


def test_the_key_is_made_once_and_survives_a_change_of_the_secret(units: Units) -> None:
    with units.write() as unit:
        assert keys.public_key(unit) is None
        with pytest.raises(LookupError):
            keys.signer(unit)
        for key in keys.missing(unit):
            keys.make(unit, key)
        line = keys.public_key(unit)
        keys.make(unit, keys.ONLY)
        assert (keys.missing(unit), keys.public_key(unit)) == ([], line)
    with units.write() as unit:
        unit.vault = Vault("another secret", units.settings.secret_key.get_secret_value())
        assert keys.rewrap(unit).sealed == 1
    with units.read() as unit:
        unit.vault = Vault("another secret")
        assert f"{keys.signer(unit).line}\n" == line

"""Customers of a directory outside: their first login makes the account, and a new address reaches the directory."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlmodel import select

from netim_app.core.errors import DomainError
from netim_app.identity import (
    accounts,
    customer_directory,
    directory_accounts,
    directory_flows,
    flows,
    operations,
    password_policy,
    passwords,
)
from netim_app.identity.customer_directory import NOBODY, DirectoryCustomer
from netim_app.identity.facts import EmailChanged
from netim_app.identity.tables import Account, DirectoryLink
from netim_app.infra.unit_of_work import Units
from tests.kit.customer_directory import DIRECTORY, OLD, PATH, Directory, directory
from tests.kit.factories import (
    EMAIL,
    PASSWORD,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL

__all__ = ["directory"]

HANGING = """
import threading

class Hanging:
    def verify(self, email, password):
        threading.Event().wait()
    read = change_email = verify

directory = Hanging()
"""
ASKING = """
import asyncio
from netim_app.identity import customer_directory

customer_directory.MAX_SECONDS = 0.1
directory = customer_directory.load("hanging:directory")
try:
    asyncio.run(customer_directory.verify(directory, "", ""))
except customer_directory.DirectoryAway as error:
    print(error)
"""
KEY = EMAIL.lower()


async def log_in(email: str = EMAIL, password: str = OLD) -> str:
    """The key of the refusal; empty when a ticket was given."""
    try:
        await flows.log_in(visitor_of(), email, password, remember=False, return_to=PERSONAL)
    except DomainError as error:
        return error.key if (error.field, error.params) == ("", {}) else "says more than it should"
    return ""


def stored(units: Units) -> list[Account]:
    with units.read() as unit:
        return list(unit.session.exec(select(Account)))


def unreported(units: Units) -> list[str]:
    """The addresses that the directory has not heard of."""
    with units.read() as unit:
        return [new.email for new in directory_accounts.changed(unit)]


def move(units: Units, email: str, new: str) -> None:
    """The customer's address becomes another one."""
    with units.write() as unit:
        account = unit.session.exec(select(Account).where(Account.email == email)).one()
        account.email = account.email_key = new
        fact = EmailChanged(account_id=account.id, at=unit.now, old_email=email, new_email=new)
        unit.record(fact)


async def test_the_first_login_makes_the_account_and_the_password_is_ours_then(
    units: Units, directory: Directory
) -> None:
    directory.add(first_name="Ada", last_name="Lovelace", language="fr", country="FR", phone="01 42 68 53 00")

    assert await log_in(password=OLD + "x") == "login.wrong"
    assert stored(units) == []
    assert await log_in() == ""

    [account] = stored(units)
    assert (account.email, account.first_name, account.language) == (EMAIL, "Ada", "fr")
    assert account.phone == "+33 1 42 68 53 00"
    assert passwords.password_matches(OLD, account.password_hash)
    assert account.password_policy == password_policy.UNKNOWN
    with units.read() as unit:
        assert [(link.account_id, link.key) for link in unit.session.exec(select(DirectoryLink))] == [
            (account.id, "C-1")
        ]
    directory.asked.clear()
    directory.fault = ConnectionError()
    assert await log_in() == ""
    assert directory.asked == [], "it is not needed any more"
    assert mailed(units) == []


@pytest.mark.parametrize("typed", [EMAIL.upper(), f" {EMAIL} "])
async def test_the_directory_is_asked_for_one_form_of_an_address(
    units: Units, directory: Directory, typed: str
) -> None:
    directory.add()

    assert await log_in(typed) == ""
    assert directory.asked == [("verify", KEY, OLD), ("read", KEY)]


async def test_without_a_directory_nothing_is_asked(units: Units) -> None:
    DIRECTORY.add()

    assert await log_in() == "login.wrong"
    await directory_flows.report_changes()
    assert DIRECTORY.asked == []


# Answers to strangers


async def test_the_directory_is_asked_once_for_each_wrong_password(units: Units, directory: Directory) -> None:
    directory.add()
    with units.write() as unit:
        make_account(unit, "here@example.org")
        operations.disable(unit, make_account(unit, "closed@example.org"))

    async def asked(email: str, password: str) -> list[tuple[str, ...]]:
        directory.asked.clear()
        assert await log_in(email, password) == "login.wrong"
        return [question[:2] for question in directory.asked]

    assert await asked("nobody@example.org", "wrong") == [("verify", "nobody@example.org")]
    assert await asked(EMAIL, "wrong") == [("verify", KEY)]
    assert await asked("closed@example.org", "wrong") == [("verify", "closed@example.org")]
    assert await asked("here@example.org", "wrong") == [("verify", NOBODY)]
    for _ in range(4):
        await log_in("here@example.org", "wrong")
    assert await asked("here@example.org", PASSWORD) == [("verify", NOBODY)], "throttled"
    for _ in range(4):
        await log_in(EMAIL, "wrong")
    assert await asked(EMAIL, OLD) == [("verify", NOBODY)], "throttled"


async def test_no_password_of_an_account_here_reaches_the_directory(units: Units, directory: Directory) -> None:
    with units.write() as unit:
        make_account(unit)

    await log_in(password=PASSWORD + "x")

    assert PASSWORD not in str(directory.asked)


@pytest.mark.parametrize("fault", [ConnectionError("ldap://secret"), TimeoutError(), ValueError(OLD)])
async def test_while_the_directory_is_away_wrong_and_unknown_are_told_the_same(
    units: Units, directory: Directory, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    directory.add()
    directory.fault = fault
    with units.write() as unit:
        make_account(unit, "here@example.org")

    for email, password in ((EMAIL, OLD), (EMAIL, "wrong"), ("nobody@example.org", OLD), ("here@example.org", "wrong")):
        assert await log_in(email, password) == "login.directory_away"

    assert [account.email for account in stored(units)] == ["here@example.org"]
    assert await log_in("here@example.org", PASSWORD) == "", "the twin: who is here logs in all the same"
    logged = str([vars(record) for record in caplog.records])
    assert "directory_away" in logged
    assert OLD not in logged
    assert "ldap" not in logged
    directory.fault = None
    assert await log_in() == ""


async def test_a_directory_that_hangs_is_given_up(
    units: Units, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.add()
    directory.hangs = threading.Event()
    monkeypatch.setattr(customer_directory, "MAX_SECONDS", 0.2)
    try:
        assert await log_in() == "login.directory_away"
        with units.write() as unit:
            make_account(unit, "here@example.org")
        assert await log_in("here@example.org", PASSWORD) == ""
    finally:
        directory.hangs.set()
    assert [account.email for account in stored(units)] == ["here@example.org"]


async def test_one_that_hangs_is_asked_by_few(
    units: Units, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.hangs = threading.Event()
    monkeypatch.setattr(customer_directory, "MAX_SECONDS", 0.2)
    calls = [customer_directory.ask(directory.verify, EMAIL, "x") for _ in range(customer_directory.MAX_CALLS + 3)]
    try:
        answers = await asyncio.gather(*calls, return_exceptions=True)
    finally:
        directory.hangs.set()

    assert sorted(map(str, answers)) == ["busy"] * 3 + ["no answer in time"] * customer_directory.MAX_CALLS
    _wait_for_free_calls()
    assert not await customer_directory.ask(directory.verify, EMAIL, "x"), "the twin: then it is asked again"


def _wait_for_free_calls() -> None:
    for _ in range(customer_directory.MAX_CALLS):
        assert customer_directory._free.acquire(timeout=30)
    customer_directory._free.release(customer_directory.MAX_CALLS)


class Coroutines:
    """One that was written for an event loop."""

    async def verify(self, _email: str, _password: str) -> bool:
        return False

    async def change_email(self, _key: str, _new_email: str) -> None:
        pass

    def read(self, _email: str) -> None:
        pass


COROUTINES = Coroutines()


def test_one_of_coroutines_is_no_directory() -> None:
    with pytest.raises(ValueError, match="has async functions: verify, change_email"):
        customer_directory.load("tests.identity.test_customer_directory:COROUTINES")
    assert customer_directory.load(PATH) is DIRECTORY, "the twin"


@pytest.mark.parametrize("answer", [1, "no", object(), None, 0])
async def test_an_answer_that_is_neither_yes_nor_no_lets_nobody_in(
    units: Units, directory: Directory, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    directory.add()
    with monkeypatch.context() as patched:
        patched.setattr(directory, "verify", lambda _email, _password: answer)
        assert await log_in() == "login.directory_away"
    assert stored(units) == []
    assert await log_in() == "", "the twin"


def test_one_that_hangs_keeps_no_process_from_its_end(tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        env={"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("no answer in time\n", 0), done.stderr


# Customers who are not taken over


async def test_two_first_logins_at_once_both_get_in(units: Units, directory: Directory) -> None:
    directory.add()

    assert await asyncio.gather(log_in(), log_in(), log_in(password="wrong")) == ["", "", "login.wrong"]
    assert len(stored(units)) == 1


async def test_a_closed_account_is_opened_by_no_directory(units: Units, directory: Directory) -> None:
    directory.add()
    with units.write() as unit:
        operations.disable(unit, make_account(unit, password=OLD))

    assert await log_in() == "login.wrong"
    assert len(stored(units)) == 1


async def test_a_customer_who_is_here_under_a_new_address_does_not_come_twice(
    units: Units, directory: Directory
) -> None:
    directory.add()
    assert await log_in() == ""
    move(units, EMAIL, "new@example.org")

    assert await log_in() == "login.wrong", "the directory does not know of the new address yet"
    assert len(stored(units)) == 1
    assert await log_in("new@example.org") == ""


@pytest.mark.parametrize(
    "sent",
    [
        None,
        DirectoryCustomer("C-1", "other@example.org"),
        DirectoryCustomer("", EMAIL),
        DirectoryCustomer("x" * 201, EMAIL),
        DirectoryCustomer("C-1", f"{EMAIL}\r\nBcc: all@example.org"),
        DirectoryCustomer("C-1", "zoë@example.org"),
        DirectoryCustomer("C-\ud800", EMAIL),
        DirectoryCustomer("C-\x00", EMAIL),
    ],
)
async def test_a_customer_who_is_not_the_one_is_refused(
    units: Units, directory: Directory, sent: DirectoryCustomer | None
) -> None:
    directory.add()
    directory.customers[KEY] = sent  # type: ignore[assignment]  # None: it has forgotten the customer

    assert await log_in() == "login.wrong"
    assert stored(units) == []


@pytest.mark.parametrize("sent", [f"{EMAIL}\n", f" {EMAIL}", f"{EMAIL}.", f"\u200b{EMAIL}", EMAIL.replace("A", "Ａ")])
async def test_an_address_is_stored_as_a_form_reads_it(units: Units, directory: Directory, sent: str) -> None:
    directory.add()
    directory.customers[KEY] = DirectoryCustomer("C-1", sent)

    assert await log_in() == ""
    assert [account.email for account in stored(units)] == [EMAIL]
    assert {mail.to for mail in mailed(units)} <= {EMAIL}


@pytest.mark.parametrize(
    "sent",
    [
        "C-1",
        {"key": "C-1", "email": EMAIL},
        DirectoryCustomer(1, EMAIL),  # type: ignore[arg-type]  # what a careless one sends
        DirectoryCustomer("C-1", EMAIL.encode()),  # type: ignore[arg-type]
        DirectoryCustomer("C-1", EMAIL, None),  # type: ignore[arg-type]
    ],
    ids=repr,
)
async def test_a_customer_of_a_wrong_type_is_no_answer(
    units: Units, directory: Directory, sent: DirectoryCustomer
) -> None:
    directory.add()
    directory.customers[KEY] = sent

    assert await log_in() == "login.directory_away"
    assert stored(units) == []
    directory.add()
    assert await log_in() == "", "the twin"


def test_details_that_a_form_would_refuse_are_left_out() -> None:
    sent = {"first_name": "", "last_name": "\u202egnp", "company": "x" * 500, "phone": "42", "language": "nl",
            "time_zone": "Mars", "country": "FR", "city": "Paris", "email": "x", "password_hash": "x"}  # fmt: skip

    profile = directory_accounts.read_details(DirectoryCustomer("C-1", EMAIL, sent))

    assert (profile.first_name, profile.last_name) == ("Ada.Lovelace", "")
    assert (profile.language, profile.time_zone) == ("en", accounts.DEFAULT_TIME_ZONE)
    assert (profile.company, profile.phone, profile.country, profile.city) == ("", "", "FR", "Paris")


# A new address


async def test_a_new_address_reaches_the_directory_once_it_answers(units: Units, directory: Directory) -> None:
    directory.add()
    assert await log_in() == ""
    directory.asked.clear()
    await directory_flows.report_changes()
    assert directory.asked == [], "there is nothing to tell"
    move(units, EMAIL, "new@example.org")

    directory.fault = ConnectionError()
    await directory_flows.report_changes()
    assert unreported(units) == ["new@example.org"]
    directory.fault = None
    await directory_flows.report_changes()
    await directory_flows.report_changes()

    assert directory.asked == [("change_email", "C-1", "new@example.org")] * 2
    assert unreported(units) == []


async def test_one_that_fails_stops_no_other(units: Units, directory: Directory) -> None:
    for key in ("C-1", "C-2"):
        directory.add(f"{key.lower()}@example.org", key)
        assert await log_in(f"{key.lower()}@example.org") == ""
        move(units, f"{key.lower()}@example.org", f"new.{key.lower()}@example.org")
    change = directory.change_email

    def change_email(key: str, new_email: str) -> None:
        if key == "C-1":
            raise LookupError
        change(key, new_email)

    directory.change_email = change_email  # type: ignore[method-assign]  # of this one
    await directory_flows.report_changes()

    assert unreported(units) == ["new.c-1@example.org"]
    assert directory.asked[-1] == ("change_email", "C-2", "new.c-2@example.org")


async def test_a_change_that_comes_while_one_is_reported_is_reported_next(
    units: Units, directory: Directory, clock: FakeClock
) -> None:
    directory.add()
    assert await log_in() == ""
    move(units, EMAIL, "new@example.org")
    change = directory.change_email

    def change_email(key: str, new_email: str) -> None:
        change(key, new_email)
        if new_email == "new@example.org":
            clock.advance(seconds=1)
            move(units, "new@example.org", "newer@example.org")

    directory.change_email = change_email  # type: ignore[method-assign]  # of this one
    await directory_flows.report_changes()
    assert unreported(units) == ["newer@example.org"]
    await directory_flows.report_changes()

    assert directory.asked[-1] == ("change_email", "C-1", "newer@example.org")
    assert unreported(units) == []


async def test_a_call_that_comes_late_has_not_the_last_word(
    units: Units, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.add()
    directory.add("bo@example.org", "C-2")
    for email in (EMAIL, "bo@example.org"):
        assert await log_in(email) == ""
    known: dict[str, str] = {}
    late = threading.Event()

    def change_email(key: str, new_email: str) -> None:
        if new_email == "slow@example.org":
            late.wait(30)
        known[key] = new_email

    monkeypatch.setattr(directory, "change_email", change_email)
    move(units, EMAIL, "slow@example.org")
    with monkeypatch.context() as patched:
        patched.setattr(customer_directory, "MAX_SECONDS", 0.2)
        await directory_flows.report_changes()
    move(units, "slow@example.org", "newer@example.org")
    move(units, "bo@example.org", "new.bo@example.org")
    await directory_flows.report_changes()
    assert known == {"C-2": "new.bo@example.org"}, "the twin: others are told"
    with units.write() as unit:
        [new] = directory_accounts.changed(unit)
        directory_accounts.note_reported(unit, new)  # another worker was not told of that call
    late.set()
    _wait_for_free_calls()

    await directory_flows.report_changes()
    assert known == {"C-1": "newer@example.org", "C-2": "new.bo@example.org"}
    assert unreported(units) == []


async def test_an_address_that_is_restored_is_reported_too(units: Units, directory: Directory) -> None:
    directory.add()
    assert await log_in() == ""
    move(units, EMAIL, "thief@example.org")
    await directory_flows.report_changes()

    await flows.restore_email(last_mail(units, "email_undo").token, visitor_of())
    await directory_flows.report_changes()

    assert directory.asked[-1] == ("change_email", "C-1", EMAIL)


async def test_a_customer_of_no_directory_is_not_reported(units: Units, directory: Directory) -> None:
    caller = logged_in_actor(units)
    move(units, EMAIL, "new@example.org")

    await directory_flows.report_changes()

    assert directory.asked == []
    assert stored_account(units, caller.account_id).email == "new@example.org"


# The setting


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no_such_module:directory", "No module named 'no_such_module'"),
        ("tests.identity.test_customer_directory:nothing", "has no attribute 'nothing'"),
        ("tests.identity.test_customer_directory:KEY", "has no verify, read, change_email"),
    ],
)
def test_what_is_no_directory_is_refused(path: str, said: str) -> None:
    with pytest.raises(ValueError, match="NETIM_CUSTOMER_DIRECTORY: ") as refused:
        customer_directory.load(path)

    assert said in str(refused.value)
    assert customer_directory.load(PATH) is DIRECTORY

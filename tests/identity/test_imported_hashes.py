"""Hashes that other systems have made: which are taken over, and what a login with one does."""

import asyncio
import threading
import time
from typing import Any

import pytest

from netim_app.core.errors import DomainError
from netim_app.features.password import flows as password_flows
from netim_app.features.password import service as password_service
from netim_app.identity import flows, imported_hashes, password_policy, password_queues, passwords
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    actor_of,
    make_account,
    make_session,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.hashes import MAKERS, with_argon2, with_bcrypt, with_pbkdf2
from tests.kit.pages import PERSONAL

SOMESALT = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
NACL = "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y="
RASMUS = "$2a$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi"
KNOWN = [
    ("rasmuslerdorf", RASMUS),  # the manual of PHP
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),  # Openwall's crypt_blowfish
    ("password", SOMESALT),  # the reference implementation of Argon2
    ("passwd", "pbkdf2_sha256$1$salt$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw="),  # RFC 7914, section 11
]
KINDS = pytest.mark.parametrize("made", MAKERS.values(), ids=MAKERS)


@pytest.mark.parametrize(("password", "hashed"), KNOWN)
def test_known_values_of_each_algorithm(password: str, hashed: str) -> None:
    assert imported_hashes.fault(hashed) is None
    stored = imported_hashes.to_store(hashed)
    assert passwords.password_matches(password, stored)
    for wrong in (password + "x", password[:-1], password.swapcase(), ""):
        assert not passwords.password_matches(wrong, stored)


@KINDS
@pytest.mark.parametrize("password", [PASSWORD, "ein Schloß für Zoë", "\N{FOX FACE} at noon", " blanks ", "x" * 128])
def test_a_password_matches_the_hash_that_another_system_made(made: Any, password: str) -> None:
    stored = imported_hashes.to_store(made(password))

    assert imported_hashes.is_imported(stored)
    assert passwords.password_matches(password, stored)
    assert not passwords.password_matches("y" + password, stored)


def test_bcrypt_of_others_reads_72_bytes() -> None:
    stored = imported_hashes.to_store(with_bcrypt("é" * 64))

    assert passwords.password_matches("é" * 36 + "x", stored)
    assert not passwords.password_matches("é" * 35 + "xx", stored)


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$", "bcrypt$$2b$"])
def test_each_spelling_of_bcrypt_is_known(prefix: str) -> None:
    hashed = with_bcrypt(PASSWORD, prefix=prefix)

    assert imported_hashes.fault(hashed) is None
    assert passwords.password_matches(PASSWORD, imported_hashes.to_store(hashed))


def test_django_writes_a_word_before_argon2() -> None:
    hashed = "argon2" + with_argon2(PASSWORD)

    assert imported_hashes.fault(hashed) is None
    assert passwords.password_matches(PASSWORD, imported_hashes.to_store(hashed))


def test_a_hash_of_our_own_is_no_imported_one_and_the_other_way_round() -> None:
    own = quick_hash(PASSWORD)

    assert not imported_hashes.is_imported(own)
    assert not passwords.password_matches(PASSWORD, imported_hashes.PREFIX + own), "it is made over a pre-hash"
    assert not passwords.password_matches(PASSWORD, with_bcrypt(PASSWORD))


BAD = {
    "": imported_hashes.NOT_KNOWN,
    PASSWORD: imported_hashes.NOT_KNOWN,
    "5f4dcc3b5aa765d61d8327deb882cf99": imported_hashes.NOT_KNOWN,
    "$2x$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi": imported_hashes.NOT_KNOWN,
    RASMUS[:-1]: imported_hashes.NOT_KNOWN,
    RASMUS + "\n": imported_hashes.NOT_KNOWN,
    RASMUS.replace("$07$", "$15$"): imported_hashes.TOO_COSTLY,
    RASMUS.replace("$07$", "$31$"): imported_hashes.TOO_COSTLY,
    RASMUS.replace("$07$", "$03$"): imported_hashes.DAMAGED,
    RASMUS.replace("stringfore", "stringforf"): imported_hashes.DAMAGED,
    "imported:" + RASMUS: imported_hashes.NOT_KNOWN,
    SOMESALT.replace("id", "i"): imported_hashes.NOT_KNOWN,
    SOMESALT.replace("id", "d"): imported_hashes.NOT_KNOWN,
    SOMESALT.replace("v=19", "v=16"): imported_hashes.NOT_KNOWN,
    SOMESALT.replace("m=65536", "m=131073"): imported_hashes.TOO_COSTLY,
    SOMESALT.replace("m=65536", "m=999999999"): imported_hashes.TOO_COSTLY,
    SOMESALT.replace("t=2", "t=9"): imported_hashes.TOO_COSTLY,
    SOMESALT.replace("p=1", "p=17"): imported_hashes.TOO_COSTLY,
    SOMESALT.replace("p=1", "p=0"): imported_hashes.DAMAGED,
    SOMESALT.replace("t=2", "t=0"): imported_hashes.DAMAGED,
    SOMESALT.replace("m=65536", "m=7"): imported_hashes.DAMAGED,
    SOMESALT.replace("c29tZXNhbHQ", "c29t"): imported_hashes.DAMAGED,
    SOMESALT.replace("c29tZXNhbHQ", "c29tZXNhbHQab"): imported_hashes.DAMAGED,
    SOMESALT[:-20]: imported_hashes.DAMAGED,
    NACL.replace("80000", "2000001"): imported_hashes.TOO_COSTLY,
    NACL.replace("80000", "9" * 30): imported_hashes.NOT_KNOWN,
    NACL.replace("80000", "0"): imported_hashes.DAMAGED,
    NACL.replace("80000", "-1"): imported_hashes.NOT_KNOWN,
    NACL.replace("sha256", "sha1"): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", ""): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", "Na\ud800"): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", "Na\x00"): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", "Na\x7f"): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", "Na Cl"): imported_hashes.NOT_KNOWN,
    NACL.replace("NaCl", "é"): imported_hashes.NOT_KNOWN,
    NACL[:-4] + "=": imported_hashes.NOT_KNOWN,
    "pbkdf2_sha256$1$" + "s" * 200 + "$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=": imported_hashes.NOT_KNOWN,
}


@pytest.mark.parametrize(("hashed", "reason"), BAD.items())
def test_what_is_no_hash_or_costs_too_much_is_refused(hashed: str, reason: str) -> None:
    assert imported_hashes.fault(hashed) == reason
    assert hashed == "" or hashed not in reason


def test_a_stored_hash_fits_its_column() -> None:
    most = Account.__table__.c.password_hash.type.length  # type: ignore[attr-defined]  # SQLModel makes it

    assert imported_hashes.MAX_LENGTH + len(imported_hashes.PREFIX) <= most


# The cost of a check


@pytest.mark.parametrize(
    ("share", "costs"), [(1.0, [11, 10, 9, 8, 7, 6, 5, 4]), (0.5, [11]), (0.75, [11, 10]), (0.0, []), (-2.0, [])]
)
def test_a_share_of_a_hash_is_made_of_cheaper_ones(share: float, costs: list[int]) -> None:
    assert list(passwords.costs_of_share(share, 12)) == costs
    assert abs(sum(2.0 ** (cost - 12) for cost in costs) - max(share, 0)) <= 2.0**-8


def test_a_cheap_hash_of_bcrypt_takes_as_long_as_one_of_ours() -> None:
    assert list(passwords._missing_costs(imported_hashes.to_store(with_bcrypt(PASSWORD)), 7)) == [4, 5, 6]
    assert list(passwords._missing_costs(imported_hashes.to_store(with_bcrypt(PASSWORD, cost=9)), 7)) == []


@pytest.mark.parametrize(("seconds", "costs"), [(0.25, [8, 7]), (1.0, []), (3.0, [])])
def test_the_cost_of_others_is_measured_once(monkeypatch: pytest.MonkeyPatch, seconds: float, costs: list[int]) -> None:
    stored = imported_hashes.to_store(with_pbkdf2(PASSWORD))
    asked: list[str] = []

    def measured(hashed: str, clock: Any) -> float:
        assert clock is time.thread_time
        asked.append(hashed)
        return seconds if imported_hashes.is_imported(hashed) else 1.0

    monkeypatch.setattr(passwords, "_seconds", measured)
    monkeypatch.setattr(passwords, "_measured", {})

    for again in (stored, imported_hashes.to_store(with_pbkdf2(NEW_PASSWORD))):
        assert list(passwords._missing_costs(again, 9)) == costs
    assert asked == [stored, passwords.dummy_hash(9)]


@pytest.mark.parametrize(("lanes", "several"), [(1, False), (2, True), (11, True)])
def test_a_check_in_several_threads_is_timed_by_the_clock_on_the_wall(lanes: int, several: bool) -> None:
    stored = imported_hashes.to_store(with_argon2(PASSWORD, memory=128, lanes=lanes))

    assert imported_hashes.has_lanes(stored) is several
    assert not imported_hashes.has_lanes(imported_hashes.to_store(with_pbkdf2(PASSWORD)))


# A login


@pytest.fixture(params=MAKERS)
def account_id(request: pytest.FixtureRequest, units: Units) -> int:
    """An account whose password another system has hashed."""
    with units.write() as unit:
        return make_account(
            unit,
            password_hash=imported_hashes.to_store(MAKERS[request.param](PASSWORD)),
            password_policy=password_policy.UNKNOWN,
        )


async def log_in(password: str) -> str:
    try:
        await flows.log_in(visitor_of(), EMAIL, password, remember=False, return_to=PERSONAL)
    except DomainError as error:
        return error.key
    return ""


async def test_the_first_right_password_puts_a_hash_of_ours_in_its_place(units: Units, account_id: int) -> None:
    before = stored_account(units, account_id)

    assert await log_in(PASSWORD + "x") == "login.wrong"
    assert stored_account(units, account_id).password_hash == before.password_hash
    assert await log_in(PASSWORD) == ""

    after = stored_account(units, account_id)
    assert after.password_hash.startswith("$2b$04$")
    assert passwords.password_matches(PASSWORD, after.password_hash)
    assert after.password_changed_at == before.password_changed_at
    assert after.password_policy == password_policy.UNKNOWN
    assert await log_in(PASSWORD) == ""
    assert await log_in(PASSWORD + "x") == "login.wrong"


async def test_two_first_logins_at_once_both_get_in(units: Units, account_id: int) -> None:
    assert await asyncio.gather(log_in(PASSWORD), log_in(PASSWORD), log_in("wrong")) == ["", "", "login.wrong"]
    assert passwords.password_matches(PASSWORD, stored_account(units, account_id).password_hash)


async def test_a_customer_whose_hash_is_not_ours_proves_again_who_is_there(units: Units, account_id: int) -> None:
    with units.write() as unit:
        caller = actor_of(unit, make_session(unit, account_id))
    with pytest.raises(DomainError, match=r"step_up\.wrong"):
        await flows.prove_again(caller, PASSWORD + "x", "", "/account/x")

    assert await flows.prove_again(caller, PASSWORD, "", "/account/x")
    assert not imported_hashes.is_imported(stored_account(units, account_id).password_hash)


async def test_such_a_password_is_changed(units: Units, account_id: int) -> None:
    with units.write() as unit:
        caller = actor_of(unit, make_session(unit, account_id))
        assert not password_service.up_to_date(unit, account_id), "nobody knows how old it is"
        assert password_service.view_setting(unit, account_id).from_elsewhere
    with pytest.raises(DomainError, match=r"password\.current_wrong"):
        await password_flows.change_password(caller, PASSWORD + "x", NEW_PASSWORD, "", "/account/x")

    await password_flows.change_password(caller, PASSWORD, NEW_PASSWORD, "", "/account/x")

    assert await log_in(PASSWORD) == "login.wrong"
    assert await log_in(NEW_PASSWORD) == ""
    with units.read() as unit:
        assert password_service.up_to_date(unit, account_id)
        assert not password_service.view_setting(unit, account_id).from_elsewhere


async def test_a_check_runs_off_the_event_loop(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    real = imported_hashes.matches

    def spy(password: str, stored: str) -> bool:
        threads.append(threading.current_thread().name)
        return real(password, stored)

    monkeypatch.setattr(imported_hashes, "matches", spy)
    with password_queues.hash_place(visitor_of()):
        assert await passwords.matches_in_pool(PASSWORD, imported_hashes.to_store(with_argon2(PASSWORD)), 4)
    assert threads
    assert all(name.startswith("hash") for name in threads)

import json
from typing import Any

import pytest

from netim_app.core.actor import Actor
from netim_app.features.own_data.service import document
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import offers
from tests.kit.factories import EMAIL, last_mail, logged_in_actor, mailed
from tests.kit.filled_tables import MARK, fill, tables_of_accounts

SECRETS = {
    "digest", "secret_digest", "cookie_digest", "token_digest", "superseded_digest", "browser_digest", "handle",
    "sealed", "payload", "password_hash",
}  # fmt: skip
"""Columns that open something, or could."""


@pytest.fixture
def caller(units: Units) -> Actor:
    found = logged_in_actor(units)
    with units.write() as unit:
        fill(unit, found.account_id)
    return found


def exported(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.as_text(document.export(unit, account_id)))
    return found


def test_it_says_what_it_is_and_has_the_part_of_each_feature_that_stores_something(units: Units, caller: Actor) -> None:
    with units.read() as unit:
        found = exported(unit, caller.account_id)

    assert (found["schema"], found["schema_version"]) == ("account-data", 2)
    assert found["exported_at"].endswith("+00:00")
    assert set(found["data"]) == set(offers().exports)
    assert len(found["data"]) >= 9
    identity = found["data"]["identity"]
    assert identity["account"]["email"] == EMAIL
    assert len(identity["sessions"]) == 1
    assert found["data"]["totp"]["devices"][0]["name"].startswith(MARK)
    assert found["data"]["journal"]["entries"][-2]["what"] == "Logged in"


def test_every_feature_with_rows_of_accounts_contributes() -> None:
    owners = {
        table.name: mapper.class_.__module__.split(".")[-2]
        for table in tables_of_accounts()
        for mapper in _mappers()
        if mapper.local_table is table
    }

    assert set(owners.values()) - {"infra"} <= set(offers().exports), owners
    assert len(owners) == len(tables_of_accounts())


def _mappers() -> list[Any]:
    from sqlmodel import SQLModel

    return list(SQLModel._sa_registry.mappers)


def test_nothing_in_it_opens_anything(units: Units, caller: Actor) -> None:
    """Each secret column was filled with a text that names it."""
    with units.read() as unit:
        text = document.as_text(document.export(unit, caller.account_id))

    columns = {column.name for table in tables_of_accounts() for column in table.c}
    assert columns >= SECRETS - {"password_hash"}
    for name in SECRETS:
        assert f'"{name}"' not in text
        assert f"{MARK}{caller.account_id} {name}" not in text
    assert "$2b$" not in text


def test_it_has_no_row_of_another_customer(units: Units, caller: Actor) -> None:
    other = logged_in_actor(units, "other@example.com")
    with units.write() as unit:
        fill(unit, other.account_id)

    with units.read() as unit:
        text = document.as_text(document.export(unit, caller.account_id))

    assert f"{MARK}{caller.account_id} " in text
    assert f"{MARK}{other.account_id} " not in text
    assert "other@example.com" not in text


def test_a_download_is_noted_in_the_journal_and_mailed(units: Units) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        document.note_download(unit, caller)
    with units.read() as unit:
        text = document.text_of(unit, caller.account_id)

    assert "All data downloaded" in [entry["what"] for entry in json.loads(text)["data"]["journal"]["entries"][:2]]
    assert mailed(units)[-1] == ("data_downloaded", EMAIL)
    mail = last_mail(units, "data_downloaded")
    assert "192.0.2.7" in mail.text
    assert "Change my password" in mail.text

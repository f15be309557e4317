"""The directory of docs/existing-customers.md, used by its customers."""

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kit.harness import ROOT, Client, Server, running
from tests.kit.login import attempt, link_from
from tests.kit.pages import PERSONAL

PAGE = (ROOT / "docs" / "existing-customers.md").read_text("utf-8")
EMAIL, NEW = "zoe@example.org", "zoe.martin@example.org"
OLD = "a password of the old shop"
AWAY = "Not every password can be checked right now. Please check yours, or try again in a few minutes."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the old shop, with two customers."""
    file = tmp_path_factory.mktemp("shop") / "customers.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT UNIQUE, given_name TEXT, surname TEXT, "
            "town TEXT, salt BLOB, digest BLOB)"
        )
        for email, name in ((EMAIL, "Zoë"), ("max@example.org", "Max")):
            digest = hashlib.scrypt(OLD.encode(), salt=b"salt", n=2**14, r=8, p=1)
            database.execute(
                "INSERT INTO customer (email, given_name, surname, town, salt, digest) VALUES (?, ?, ?, ?, ?, ?)",
                (email, name, "Martin", "Paris", b"salt", digest),
            )
    return file


@pytest.fixture(scope="module")
def server(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that has the example of the page as its directory."""
    folder = tmp_path_factory.mktemp("server")
    [code] = re.findall(r"```python\n# our_customers\.py\n(.*?)```", PAGE, re.DOTALL)
    (folder / "our_customers.py").write_text(code, "utf-8")
    env = {
        "PYTHONPATH": str(folder),
        "NETIM_CUSTOMER_DIRECTORY": "our_customers:directory",
        "OUR_CUSTOMERS": str(shop),
    }
    with running(folder, env=env) as started:
        yield started


def in_shop(shop: Path, question: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(shop)) as database:
        return [row[0] for row in database.execute(question, values)]


@contextmanager
def gone(shop: Path) -> Iterator[None]:
    """The shop's database is away for the length of a block."""
    away = shop.rename(shop.with_suffix(".away"))
    try:
        yield
    finally:
        away.rename(shop)


async def refused(server: Server, email: str, password: str) -> str:
    """The login page's answer."""
    async with Client(server) as client:
        await client.load("/login")
        assert not await attempt(client, email, password)
        return str(client.vars["LoginState.errors"][""])


def accounts(server: Server, email: str) -> list[Any]:
    return server.query("SELECT first_name FROM account WHERE email = :e", e=email)


async def test_a_customer_of_the_directory_comes_and_takes_another_address(server: Server, shop: Path) -> None:
    assert "Wrong email" in await refused(server, EMAIL, OLD + "x")
    assert accounts(server, EMAIL) == []

    async with Client(server) as zoe:
        await zoe.log_in(EMAIL, OLD)
        await zoe.connect(PERSONAL)
        await zoe.call("ShellState.open_account_page")
        assert zoe.vars["ProfileState.email"] == EMAIL
        details = "SELECT first_name, last_name, city, country, language FROM account WHERE email = :e"
        assert server.query(details, e=EMAIL) == [("Zoë", "Martin", "Paris", "FR", "fr")]
        await zoe.call("EmailState.submit", form={"email": NEW})
        token = await link_from(server, NEW, page="verify-email")
        await zoe.load("/verify-email")
        await zoe.call("VerifyState.submit", form={"token": token, "password": OLD})
        assert zoe.vars["VerifyState.done"] == "email_change"

    async with asyncio.timeout(60):
        while in_shop(shop, "SELECT email FROM customer WHERE id = 1") != [NEW]:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.1)
    async with Client(server) as again:
        await again.log_in(NEW, OLD)
    assert accounts(server, EMAIL) == []


async def test_while_the_directory_is_away_nobody_new_comes_and_all_others_do(server: Server, shop: Path) -> None:
    here = server.create_account("here@example.org")
    with gone(shop):
        for email, password in (("max@example.org", OLD), ("nobody@example.org", OLD), (here, OLD)):
            assert await refused(server, email, password) == AWAY
        assert accounts(server, "max@example.org") == []
        async with Client(server) as client:
            await client.log_in(here)
    async with Client(server) as customer:
        await customer.log_in("max@example.org", OLD)
    assert accounts(server, "max@example.org") == ["Max"]
    assert "directory_away" in server.log


def test_the_operator_sees_whether_the_directory_answers(server: Server, shop: Path) -> None:
    fine = server.netim("doctor")
    assert "ok     customer directory: our_customers:directory answers" in fine.stdout
    with gone(shop):
        assert "fault  customer directory: OperationalError" in server.netim("doctor").stdout
    wrong = Server(server.folder, env=server.env | {"NETIM_CUSTOMER_DIRECTORY": "our_customers:nothing"})
    refusal = wrong.netim("serve")
    assert (refusal.returncode, "has no attribute 'nothing'" in refusal.stderr) == (2, True)
    assert "Traceback" not in refusal.stderr

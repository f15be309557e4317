"""An owner with two-factor authentication, and what the tests do with its wizard and codes."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest

from netim_app.features.totp.rules import STEP_SECONDS, step_at
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.pages import SECURITY

WIZARD, DIALOG, NEW_CODES = "TotpWizardState", "TotpDialogState", "NewCodesState"
HALF = "without a code"


class Owner:
    """A customer with an application that shows codes. Time is moved so that each code is a new one."""

    def __init__(self, server: Server, client: Client, email: str) -> None:
        self.server, self.client, self.email = server, client, email
        self.key = self.handle = ""
        self.codes: list[str] = []
        self.offset = 0

    @property
    def now(self) -> int:
        return step_at(self.server.units.clock())

    def code(self, steps: int = 0) -> str:
        return str(pyotp.TOTP(self.key).generate_otp(self.now + steps))

    def wait(self, seconds: int = STEP_SECONDS) -> None:
        self.offset += seconds
        self.server.move_clock(self.offset)

    async def begin(self) -> str:
        """Opens the wizard; returns the key that it shows."""
        marker = len(self.client.heard)
        await self.client.call(f"{WIZARD}.begin")
        shown = str(self.client.heard[marker:])
        self.handle = "".join(re.findall(r"'handle_rx_state_': '([\w-]+)'", shown)[:1])
        found = re.findall(r"'key_text_rx_state_': '([A-Z2-7 ]{39})'", shown)
        return found[0].replace(" ", "") if found else ""

    async def confirm(self, code: str, name: str = "Phone", handle: str = "") -> str:
        """The ticket, or empty. By the `handle`, which the page sends, a server goes on that has lost the tab."""
        return await self.client.ticket(f"{WIZARD}.confirm", form={"code": code, "name": name, "handle": handle})

    async def enable(self) -> None:
        """The whole way, as the page goes it."""
        self.key = await self.begin()
        ticket = await self.confirm(self.code())
        response = await self.client.redeem(ticket)
        assert response.headers["location"] == SECURITY
        await self.client.connect(SECURITY)
        marker = len(self.client.heard)
        await self.client.send("ShellState.open_account_page")  # which goes on with the codes
        await self.client.until(lambda: bool(self._codes_since(marker)), "the backup codes")
        self.codes = await self._take_codes(marker)
        self.wait()

    async def new_codes(self) -> list[str]:
        marker = len(self.client.heard)
        await self.client.call(f"{NEW_CODES}.make")
        return await self._take_codes(marker)

    async def _take_codes(self, marker: int) -> list[str]:
        """As the page that shows them."""
        codes = self._codes_since(marker)
        if codes:
            handle = self.client.vars[f"{NEW_CODES}.handle"]
            await self.client.call(f"{NEW_CODES}.note_shown", handle=handle)
        return codes

    def _codes_since(self, marker: int) -> list[str]:
        return re.findall(r"'(\d{6})'", str(self.client.heard[marker:]))

    async def disable(self, code: str) -> str:
        return await self.client.ticket(f"{DIALOG}.disable", form={"code": code})

    def row(self, table: str, what: str = "count(*)") -> Any:
        return self.server.query(
            f"SELECT {what} FROM {table} WHERE account_id = (SELECT id FROM account WHERE email = :e)",  # noqa: S608
            e=self.email,
        )

    @property
    def is_on(self) -> bool:
        return bool(self.row("totp_authenticator") != [0])


async def give_password(client: Client, email: str, password: str = PASSWORD) -> None:
    await client.load("/login")
    assert await client.ticket("LoginState.submit", form={"email": email, "password": password}) == ""
    if client.vars["LoginState.needs_code"]:
        await client.keep_pending()


async def give_code(client: Client, code: Any) -> str:
    """The ticket, or empty."""
    return await client.ticket("LoginState.submit_code", form={"code": code})


@pytest.fixture
async def plain(server: Server, new_email: Any) -> AsyncIterator[Owner]:
    """A customer without a second factor."""
    email = new_email()
    async with customer(server, email) as client:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        yield Owner(server, client, email)


@pytest.fixture
async def owner(plain: Owner) -> Owner:
    await plain.enable()
    return plain

"""The two servers of the comparison: the product with customers in its database, and the bare counter app."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pyotp
from sqlalchemy import func
from sqlmodel import col, select

from netim_app import build as product_build
from netim_app.core.facts import Origin
from netim_app.core.installation import ROOT
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service.access import packed
from netim_app.features.ip_restriction.tables import IpRule
from netim_app.features.login_alerts.tables import LoginAlert
from netim_app.features.passkeys.service.stored import make_handle
from netim_app.features.passkeys.tables import Passkey
from netim_app.features.totp.service import stored
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity import account_creation, known_browsers, passwords, tickets
from netim_app.infra.tables import QUEUED, OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.registry import install_features
from netim_app.settings import Settings
from reflex_guard.tokens import digest, new_token
from tests.kit.authenticator import Authenticator
from tests.kit.harness import PASSWORD, START_SECONDS, Server

COST = 12
"""The bcrypt cost of production."""
ORIGIN = "http://localhost:3000"
RELYING_PARTY = "localhost"
COUNTER = Path(__file__).parent / "counter"
DRAIN_SECONDS = 60
DUE = select(func.count()).where(col(OutboxMessage.state) == QUEUED)


@dataclass(frozen=True)
class Customer:
    """An account, and the cookies of a browser that is logged in to it, or was once."""

    email: str
    browser_digest: str
    session: str = ""
    secret: str = ""
    """Of an application that shows codes; empty without two-factor authentication."""
    passkey: Authenticator | None = None

    @property
    def cookies(self) -> dict[str, str]:
        return {"netim_browser": self.browser_digest} | ({"netim_session": self.session} if self.session else {})


def build_both(folder: Path) -> Path:
    """Builds what has no build yet; returns the folder of the built counter app."""
    settings = Settings(public_url=ORIGIN)
    product_build.build(settings)
    counter = folder / "counter"
    shutil.copytree(COUNTER, counter, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".npmrc", "bunfig.toml"):  # else Reflex looks for a registry of its own
        shutil.copyfile(ROOT / name, counter / name)
    done = subprocess.run(
        [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
        cwd=counter,
        env=product_build.environment(settings) | {"PYTHONPATH": "", "REFLEX_WEB_WORKDIR": ".web"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the counter app could not be built:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return counter


class ProductServer(Server):
    """`netim serve` with the production cost of bcrypt, and a door to its database."""

    def environment(self) -> dict[str, str]:
        kept = super().environment() | {"NETIM_BCRYPT_COST": str(COST)}
        kept.pop("NETIM_CLOCK_FILE")  # production reads no clock from a file
        return kept

    def kept_secrets(self) -> list[str]:
        """Nothing: a benchmark measures, and its database is a large one."""
        return []

    def make_customers(
        self,
        count: int,
        *,
        logged_in: bool,
        with_code: bool = False,
        with_passkey: bool = False,
        rules: int = 0,
    ) -> list[Customer]:
        """New accounts with one password, written straight into the database. Login alerts are off.

        Args:
            with_code: whether there is an application that shows codes.
            with_passkey: whether there is a passkey.
            rules: how many addresses are on the list of each. The restriction is off.
        """
        install_features()
        hashed = passwords.hash_password(PASSWORD, COST)
        with self.units.write() as unit:
            return [
                _make_customer(
                    unit, hashed, logged_in=logged_in, with_code=with_code, with_passkey=with_passkey, rules=rules
                )
                for _ in range(count)
            ]

    def drain(self) -> None:
        """Waits until all mails that are due are sent: what is left over must not burden the next measurement.

        It asks the database, as a question to the server would cost the server something.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self.units.read() as unit:
                waiting = unit.session.exec(DUE.where(col(OutboxMessage.due_at) <= unit.now)).one()
            if not waiting:
                return
            time.sleep(0.05)
        raise RuntimeError("the mails of a measurement were not sent in time")


def _make_customer(
    unit: UnitOfWork, hashed: str, *, logged_in: bool, with_code: bool, with_passkey: bool, rules: int
) -> Customer:
    email = f"{new_token()[:20].lower()}@example.com"
    account = account_creation.create_account(
        unit,
        account_creation.NewCustomer(
            email=email, first_name="Anna", last_name="Martin", password="", language="en", time_zone="Europe/Paris"
        ),
        hashed,
    )
    account_id = account.id
    unit.session.add(LoginAlert(account_id=account_id, setting="off", since=unit.now))
    unit.session.add_all(_rule(unit, account_id, number) for number in range(rules))
    secret = _add_device(unit, account_id) if with_code else ""
    passkey = _add_passkey(unit, account_id) if with_passkey else None
    browser_digest = new_token()
    if not logged_in:
        known_browsers.remember_browser(unit, account_id, digest(browser_digest))
        return Customer(email, browser_digest, secret=secret, passkey=passkey)
    ticket = tickets.issue_ticket(unit, purpose="login", account_id=account_id, browser_digest=digest(browser_digest))
    opened = tickets.redeem_ticket(unit, ticket, digest(browser_digest), Origin(address="127.0.0.1"))
    assert opened is not None
    return Customer(email, browser_digest, opened.token, secret, passkey)


def _rule(unit: UnitOfWork, account_id: int, number: int) -> IpRule:
    """Not by the service: that would send mails about the first ones, and hold back those about the rest."""
    span = parse(f"10.{number}.0.1")
    return IpRule(
        account_id=account_id,
        family=span.family,
        first=packed(span.first),
        last=packed(span.last),
        text=span.text,
        note="",
        added_at=unit.now,
        added_from="127.0.0.1",
    )


def _add_device(unit: UnitOfWork, account_id: int) -> str:
    secret = pyotp.random_base32()
    row = TotpAuthenticator(account_id=account_id, name="Phone", sealed=b"", last_step=0, added_at=unit.now)
    unit.session.add(row)
    unit.session.flush()
    row.sealed = unit.vault.seal(secret.encode(), stored.authenticator_context(row))
    return secret


def _add_passkey(unit: UnitOfWork, account_id: int) -> Authenticator:
    authenticator = Authenticator(handle=make_handle(unit, account_id))
    row = Passkey(
        account_id=account_id,
        credential_id=authenticator.credential_id,
        public_key=authenticator.key.cose,
        sign_count=0,
        can_sync=True,
        backed_up=True,
        name="Phone",
        added_at=unit.now,
    )
    unit.session.add(row)
    return authenticator


class CounterServer(Server):
    """The counter app, served as the product is. `folder` is where it was built."""

    def start(self) -> "CounterServer":
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NETIM_", "REFLEX_"))}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "serve.py", str(self.port)],
                cwd=self.folder,
                env=kept | {"REFLEX_TELEMETRY_ENABLED": "false"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/ping", timeout=2).status_code == httpx.codes.OK:
                    return self
            except httpx.HTTPError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the counter app did not start:\n{self.log[-3000:]}")

    def drain(self) -> None:
        """Nothing is ever left over."""


def worker_rss(server: Server) -> int:
    """Bytes of memory that the server's one worker process holds."""
    assert server.process is not None
    return max(int(child.memory_info().rss) for child in psutil.Process(server.process.pid).children(recursive=True))


def cpu_seconds(*roots: psutil.Process) -> float:
    """CPU seconds of these processes and all below them, those that have ended included. Counted in steps of 10 ms."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def running(folder: Path, counter_folder: Path) -> Iterator[tuple[ProductServer, CounterServer]]:
    """Both servers, fresh, for the length of a block."""
    product, counter = ProductServer(folder), CounterServer(counter_folder)
    try:
        product.start()
        counter.start()
        yield product, counter
    finally:
        product.stop()
        counter.stop()
        product.close()

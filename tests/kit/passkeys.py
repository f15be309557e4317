"""Steps of tests with passkeys: add one, ask for one, log in with one."""

from typing import Any

from sqlmodel import func, select

from netim_app.core.actor import Actor, Visitor
from netim_app.features.passkeys.service import only, passkeys, prompts, use
from netim_app.identity import sole_ceremony
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import visitor_of
from tests.kit.harness import Server, link_in
from tests.kit.pages import SECURITY


def add(units: Units, caller: Actor, authenticator: Authenticator, **lies: Any) -> str:
    with units.write() as unit:
        options = prompts.for_new_passkey(unit, caller)
    with units.write() as unit:
        return passkeys.add(unit, caller, authenticator.register(options, **lies)).name


def ask(units: Units, visitor: Visitor | None = None) -> str:
    with units.write() as unit:
        return prompts.for_login(unit, visitor or visitor_of())


def log_in(units: Units, answer: str, visitor: Visitor | None = None) -> str:
    with units.write() as unit:
        return use.log_in(unit, visitor or visitor_of(), answer, SECURITY)


def count(units: Units, table: type[Any]) -> int:
    with units.read() as unit:
        return unit.session.exec(select(func.count()).select_from(table)).one()


def switch_on(units: Units, caller: Actor, authenticator: Authenticator, code: str = "", **lies: Any) -> str:
    """Passkeys only."""
    with units.write() as unit:
        options = only.ask(unit, caller, code)
    with units.write() as unit:
        return only.switch_on(unit, caller, authenticator.use(options, **lies), SECURITY)


def is_sole(units: Units, account_id: int) -> bool:
    """Whether nothing but a passkey opens the account."""
    with units.read() as unit:
        return sole_ceremony.is_chosen(unit, account_id)


def mailed_page(server: Server, email: str, words: str) -> str:
    """The page behind the link of the first mail with these words in its subject."""
    return link_in(server.wait_for_mail(email, subject=words)).partition(server.origin)[2]

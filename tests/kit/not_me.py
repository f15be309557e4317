"""Steps of tests with the link "This was not me"."""

import re
from collections.abc import Callable

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.features.not_me import service
from netim_app.identity import freeze
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.factories import OTHER_BROWSER, Mail, actor_of, last_mail, make_session, visitor_of
from tests.kit.harness import Server

ELSEWHERE = Origin(address="203.0.113.99", browser="Chrome", system="Windows")
OWNER = visitor_of("the browser of a mail program", Origin(address="198.51.100.5", browser="Safari", system="iOS"))


def secret_in(mail: Mail) -> str:
    """That of the link "This was not me"; empty where the mail has none."""
    found = re.findall(r"https://account\.netim\.example/not-me#([A-Za-z0-9_-]{43})", mail.text)
    assert len(found) <= 1
    return found[0] if found else ""


def thief_of(units: Units, account_id: int) -> Actor:
    """Somebody else with the right password, in a browser of theirs: the owner gets an alert."""
    with units.write() as unit:
        return actor_of(unit, make_session(unit, account_id, browser_digest=OTHER_BROWSER, origin=ELSEWHERE), ELSEWHERE)


def alerted(units: Units, account_id: int) -> str:
    """The secret in an alert."""
    thief_of(units, account_id)
    return secret_in(last_mail(units, "logged_in"))


def press(units: Units, token: str, visitor: Visitor = OWNER) -> str:
    """The owner's next step, or the key of the refusal."""
    try:
        with units.write() as unit:
            return service.stop_everything(unit, token, visitor)
    except DomainError as error:
        return error.key


def refusal(units: Units, act: Callable[[UnitOfWork], object]) -> str:
    """The key of what an act is refused with, or empty."""
    try:
        with units.write() as unit:
            act(unit)
    except DomainError as error:
        return error.key
    return ""


def is_frozen(units: Units, account_id: int) -> bool:
    return bool(refusal(units, lambda unit: freeze.refuse_while_frozen(unit, account_id)))


def not_me_link(server: Server, email: str) -> str:
    """That of the first mail to an address that has one."""
    mail = server.wait_for_mail(email)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+(/not-me#[\w-]{43})", body.get_content())
    assert found, body.get_content()
    return found[1]

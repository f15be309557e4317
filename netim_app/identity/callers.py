"""The caller of a request or handshake: digests of its cookies, its origin, and the budgets that pay for it."""

import re
from typing import NamedTuple

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.infra import user_agent
from netim_app.infra.cost_budget import Payer
from netim_app.infra.rate_limit import network_keys

_DIGESTS = re.compile(r"Session ([0-9a-f]{64})?; Browser ([0-9a-f]{64})?; Pending ([0-9a-f]{64})?")


class CallerDigests(NamedTuple):
    """The cookies that a request carried, as digests; empty where it carried none."""

    session: str = ""
    browser: str = ""
    pending: str = ""


def authorization_of(digests: CallerDigests) -> str:
    """The value of the Authorization header in which they reach what comes after `CookieDigests`."""
    return f"Session {digests.session}; Browser {digests.browser}; Pending {digests.pending}"


def caller_digests(authorization: str) -> CallerDigests:
    """Reads what `authorization_of` wrote; empty for anything else."""
    found = _DIGESTS.fullmatch(authorization)
    return CallerDigests(*(value or "" for value in found.groups())) if found else CallerDigests()


def origin_of(client: object, agent: str) -> Origin:
    """From where a request comes. `client` is the ASGI pair that `ClientAddress` has made trustworthy."""
    address = str(client[0]) if isinstance(client, (tuple, list)) and client else ""
    browser, system = user_agent.describe(agent)
    return Origin(address=address, browser=browser, system=system)


def payers_of(actor: Actor | None, address: str) -> tuple[Payer, ...]:
    """The payer of an event: the session and its account; for a visitor, the address or its /64."""
    if actor is None:
        return (Payer("address", network_keys(address)[0]),)
    return Payer("session", actor.session_id), Payer("account", actor.account_id)

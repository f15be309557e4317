"""The caller of a request or handshake: digests of its cookies, its origin, and the budgets that pay for it."""

from typing import NamedTuple

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.infra import user_agent
from netim_app.infra.cost_budget import Payer
from netim_app.infra.rate_limit import network_keys
from reflex_guard.tokens import digests_in


class CallerDigests(NamedTuple):
    """The cookies of a request, as digests; empty if it had none."""

    session: str = ""
    browser: str = ""
    pending: str = ""


KINDS = {field: field.capitalize() for field in CallerDigests._fields}
"""Their names in the Authorization header in which the `CookieDigests` middleware passes them on."""


def caller_digests(authorization: str) -> CallerDigests:
    """Reads the digests from the header; empty if it has another form."""
    found = digests_in(authorization)
    return CallerDigests(*(found.get(kind, "") for kind in KINDS.values()))


def origin_of(client: object, agent: str) -> Origin:
    """The origin of a request. `client` is the ASGI pair after `ClientAddress` has verified it."""
    address = str(client[0]) if isinstance(client, (tuple, list)) and client else ""
    browser, system = user_agent.describe(agent)
    return Origin(address=address, browser=browser, system=system)


def payers_of(actor: Actor | None, address: str) -> tuple[Payer, ...]:
    """The payers of an event: the session and its account; for a visitor, the address or its /64."""
    if actor is None:
        return (Payer("address", network_keys(address)[0]),)
    return Payer("session", actor.session_id), Payer("account", actor.account_id)

"""The IP restriction as tests switch it."""

from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.ip_restriction.tables import IpRestriction
from tests.kit.factories import account_id_of
from tests.kit.harness import PASSWORD, Client, Server

HOME, OFFICE = "127.0.0.1", "127.0.0.2"
REFUSED = "Access from this network is not allowed for this account. Use a network on your list."


def restrict(server: Server, email: str, *entries: str, on: bool = True) -> None:
    """Sets the scene in the database: a list, and the switch."""
    from netim_app.core.actor import Actor

    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        owner = Actor(origin=Origin(), account_id=account_id, session_id=0, fresh_until=unit.now, revision=0)
        for entry in entries:
            rule_list.add_rule(unit, owner, parse(entry), "")
        if on and unit.session.get(IpRestriction, account_id) is None:
            restriction.switch(unit, owner, True, confirmed=True)


async def try_login(client: Client, email: str, password: str = PASSWORD) -> str:
    """Empty when a ticket was handed out, else the message."""
    await client.load("/login")
    form = {"email": email, "password": password}
    ticket = await client.ticket("LoginState.submit", form=form)
    return "" if ticket else str(client.vars["LoginState.errors"][""])

"""Fresh proofs of identity."""

from typing import Any

from netim_app import netim_app  # noqa: F401  registers every state
from tests.kit.harness import PASSWORD, Client
from tests.kit.pages import PERSONAL

WINDOW = 10 * 60


async def asks_for_a_proof(client: Client, handler: str = "EmailState.begin", /, **payload: Any) -> bool:
    """Whether the answer to an event is the step-up dialog."""
    await client.call("StepUpState.close")
    await client.call(handler, **payload)
    return bool(client.vars["StepUpState.open"])


async def prove(client: Client, path: str = PERSONAL) -> None:
    """The steps of the dialog: proof, ticket, new cookie, page loaded again."""
    ticket = await client.ticket("StepUpState.submit", form={"password": PASSWORD})
    assert (await client.redeem(ticket)).headers["location"].startswith(path)
    await client.connect(path)
    await client.call("ShellState.open_account_page")

"""What the states of this feature share: how a prompt opens in the page, and what came of it."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.passkeys.rules import MAX_ANSWER
from reflex_guard.transient_vars import show_once

CANCELLED = "NotAllowedError"
"""The browser has one word for a customer who cancels and for a prompt that took too long."""
FAILURES = {"InvalidStateError": "passkeys.already", CANCELLED: "passkeys.cancelled"}
FAILURES_OF_NEW = FAILURES | {CANCELLED: "passkeys.not_added"}
"""The same, where a passkey was to be added."""


async def show_prompt(state: Any, options: str, kind: str) -> AsyncIterator[None]:
    """Lets the page open a prompt: see `ui.passkeys.prompt`. Used as `ticket_exchange.exchange_ticket` is.

    The state forgets the options at once: a page that is loaded again would open the prompt again.
    """
    state.kind = kind
    async for step in show_once(state, options=options):
        yield step


def read_reply(form: object, failures: Mapping[str, str] = FAILURES) -> str:
    """What the browser has answered.

    Args:
        failures: text keys by the browser's word for what went wrong.

    Raises:
        DomainError: the prompt led to nothing: why, in words for the customer.
    """
    read = Form(form)
    answer = read.lines("answer", limit=MAX_ANSWER, too_long="passkeys.refused")
    read.finish()
    try:
        reply = json.loads(answer)
    except (ValueError, RecursionError):
        return answer  # which is refused like every other wrong one
    failure = reply.get("error") if isinstance(reply, dict) else None
    if isinstance(failure, str):
        raise DomainError(failures.get(failure, "passkeys.failed"))
    return answer

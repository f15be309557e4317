"""The shared code of this feature's states: opens a prompt in the page and reads its result."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.passkeys.rules import MAX_ANSWER
from reflex_guard.transient_vars import show_once

CANCELLED = "NotAllowedError"
"""Browsers report a cancelled prompt and a timeout by the same name."""
FAILURES = {"InvalidStateError": "passkeys.already", CANCELLED: "passkeys.cancelled"}
FAILURES_OF_NEW = FAILURES | {CANCELLED: "passkeys.not_added"}
"""The same, for adding a passkey."""


async def show_prompt(state: Any, options: str, kind: str) -> AsyncIterator[None]:
    """Makes the page open a prompt: see `ui.passkeys.prompt`. Use it like `ticket_exchange.exchange_ticket`.

    The state forgets the options at once: otherwise a reloaded page would open the prompt again.
    """
    state.kind = kind
    async for step in show_once(state, options=options):
        yield step


def read_reply(form: object, failures: Mapping[str, str] = FAILURES) -> str:
    """Returns the browser's answer.

    Args:
        failures: text keys by the browser's name of the failure.

    Raises:
        DomainError: the prompt failed; its text tells the customer why.
    """
    read = Form(form)
    answer = read.lines("answer", limit=MAX_ANSWER, too_long="passkeys.refused")
    read.finish()
    try:
        reply = json.loads(answer)
    except (ValueError, RecursionError):
        return answer  # it is refused like every other wrong one
    failure = reply.get("error") if isinstance(reply, dict) else None
    if isinstance(failure, str):
        raise DomainError(failures.get(failure, "passkeys.failed"))
    return answer

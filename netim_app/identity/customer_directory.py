"""The port to an outside directory of customers: docs/existing-customers.md has its purpose and an example.

A directory is called in separate threads, for a limited time, and by few callers at once: if it hangs, it delays only
those who need it.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import import_module
from threading import BoundedSemaphore, Thread
from typing import Any, ParamSpec, Protocol, TypeVar

from netim_app.identity.security_log import log_refusal

P = ParamSpec("P")
R = TypeVar("R")

MAX_SECONDS = 5
"""Per call. A directory should time out sooner by itself, because a thread cannot be stopped from outside."""
MAX_KEY = 200
MAX_CALLS = 4
"""At once, per worker. Further calls fail as if the directory were unavailable."""
CALLS = ("verify", "read", "change_email")
NOBODY = "nobody@directory.invalid"
"""An address that no directory has. It is sent instead of an address that has an account here."""


@dataclass(frozen=True)
class DirectoryCustomer:
    """A customer as the directory knows them."""

    key: str
    """Identifies the customer for ever, even if the address changes. At most `MAX_KEY` characters."""
    email: str
    details: Mapping[str, str] = field(default_factory=dict)
    """Keyed by the column names of `netim import`; invalid values are ignored."""


class CustomerDirectory(Protocol):
    """The interface of the object that `NETIM_CUSTOMER_DIRECTORY` names. Any exception means "unavailable"."""

    def verify(self, email: str, password: str) -> bool:
        """Whether the customer with this address has this password.

        Args:
            email: the part before the @ in lower case, the domain in lower-case ASCII.
            password: as typed.

        It must take as long for an unknown address. Otherwise strangers learn who is a customer.
        """

    def read(self, email: str) -> DirectoryCustomer | None:
        """The customer with this address. Called only after a right password."""

    def change_email(self, key: str, new_email: str) -> None:
        """Stores a customer's new address, confirmed by mail. It may be called twice; the last call counts."""


class DirectoryAway(Exception):
    """The directory gave no answer: it failed, took too long, or has too many calls."""


def load(path: str) -> CustomerDirectory:
    """The directory that a setting names as `module:object`.

    Raises:
        ValueError: there is no such object, or it is not a directory.
    """
    module, _, name = path.partition(":")
    try:
        found: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"NETIM_CUSTOMER_DIRECTORY: {error}") from error
    missing = [call for call in CALLS if not callable(getattr(found, call, None))]
    if missing:
        raise ValueError(f"NETIM_CUSTOMER_DIRECTORY: {path} has no {', '.join(missing)}")
    if later := [call for call in CALLS if inspect.iscoroutinefunction(getattr(found, call))]:
        raise ValueError(f"NETIM_CUSTOMER_DIRECTORY: {path} has async functions: {', '.join(later)}")
    directory: CustomerDirectory = found
    return directory


@lru_cache
def loaded(path: str) -> CustomerDirectory | None:
    """The directory of the settings; None without one."""
    return load(path) if path else None


_free = BoundedSemaphore(MAX_CALLS)


async def verify(directory: CustomerDirectory, email: str, password: str) -> bool:
    """Asks the directory about a password. An answer other than `True` or `False` counts as no answer.

    Raises:
        DirectoryAway: no answer.
    """
    answer: object = await ask(directory.verify, email, password)
    if not isinstance(answer, bool):
        raise _away("verify answers neither True nor False")
    return answer


async def read(directory: CustomerDirectory, email: str) -> DirectoryCustomer | None:
    """Asks the directory for the customer with this address. An answer of another type counts as no answer.

    Raises:
        DirectoryAway: no answer.
    """
    answer: object = await ask(directory.read, email)
    if answer is None or (isinstance(answer, DirectoryCustomer) and _has_its_types(answer)):
        return answer
    raise _away("read answers no DirectoryCustomer")


def _has_its_types(customer: DirectoryCustomer) -> bool:
    texts: tuple[object, ...] = (customer.key, customer.email)
    details: object = customer.details
    return all(isinstance(text, str) for text in texts) and isinstance(details, Mapping)


async def ask(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls the directory off the event loop.

    Raises:
        DirectoryAway: no answer. The log records the kind of fault but no argument of the call.
    """
    if not _free.acquire(blocking=False):
        raise _away("busy")
    running: Future[R] = Future()
    running.set_running_or_notify_cancel()
    Thread(target=_run, args=(running, partial(call, *args, **kwargs)), name="directory", daemon=True).start()
    try:
        return await asyncio.wait_for(asyncio.wrap_future(running), MAX_SECONDS)
    except TimeoutError as error:
        raise _away("no answer in time") from error
    except Exception as error:
        raise _away(type(error).__name__) from error


def _run(running: "Future[R]", call: Callable[[], R]) -> None:
    """Runs in a daemon thread, so a call that hangs does not keep the server from stopping."""
    try:
        running.set_result(call())
    except BaseException as error:  # noqa: BLE001  raised in the coroutine that waits for the answer
        running.set_exception(error)
    finally:
        _free.release()


def _away(reason: str) -> DirectoryAway:
    log_refusal("directory_away", reason=reason)
    return DirectoryAway(reason)

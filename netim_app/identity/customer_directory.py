"""The port for a directory of customers outside: docs/existing-customers.md says what it is for, with an example.

A directory is called in threads of its own, for a limited time, and by few at once: one that hangs holds up nobody but
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
"""For one call. A directory should give up sooner by itself: no thread can be stopped from outside."""
MAX_KEY = 200
MAX_CALLS = 4
"""At once, for each worker. Those beyond are told that the directory is away."""
CALLS = ("verify", "read", "change_email")
NOBODY = "nobody@directory.invalid"
"""An address that no directory has. It is asked for in place of one that has an account here."""


@dataclass(frozen=True)
class DirectoryCustomer:
    """A customer as the directory knows them."""

    key: str
    """Names the customer for ever, whatever becomes of the address. `MAX_KEY` characters at most."""
    email: str
    details: Mapping[str, str] = field(default_factory=dict)
    """By the names of the columns of `netim import`; what is missing or not valid is left out."""


class CustomerDirectory(Protocol):
    """What `NETIM_CUSTOMER_DIRECTORY` names. Any exception means that the directory is away."""

    def verify(self, email: str, password: str) -> bool:
        """Whether this is the password of the customer with this address.

        Args:
            email: the part before the @ in small letters, the domain in small ASCII letters.
            password: as it was typed.

        It has to take as long for an address that it does not know: else strangers learn who is a customer.
        """

    def read(self, email: str) -> DirectoryCustomer | None:
        """The customer with this address. Called after a right password alone."""

    def change_email(self, key: str, new_email: str) -> None:
        """The customer has a new address, confirmed by mail. It may be told twice; the last one counts."""


class DirectoryAway(Exception):
    """The directory gave no answer: it failed, took too long, or is asked by too many."""


def load(path: str) -> CustomerDirectory:
    """The directory that a setting names as `module:object`.

    Raises:
        ValueError: there is no such object, or it is no directory.
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
    """What the directory says about a password. An answer that is neither `True` nor `False` is none.

    Raises:
        DirectoryAway: no answer.
    """
    answer: object = await ask(directory.verify, email, password)
    if not isinstance(answer, bool):
        raise _away("verify answers neither True nor False")
    return answer


async def read(directory: CustomerDirectory, email: str) -> DirectoryCustomer | None:
    """Whom the directory knows by this address. An answer of another type is none.

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
        DirectoryAway: no answer. The log has a line with the kind of the fault, and nothing of what was asked.
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
    """In a thread that dies with the process: one that hangs keeps no server from its end."""
    try:
        running.set_result(call())
    except BaseException as error:  # noqa: BLE001  it is raised where the answer is waited for
        running.set_exception(error)
    finally:
        _free.release()


def _away(reason: str) -> DirectoryAway:
    log_refusal("directory_away", reason=reason)
    return DirectoryAway(reason)

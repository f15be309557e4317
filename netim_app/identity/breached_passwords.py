"""Checks passwords against known breaches, if the operator enables it: Pwned Passwords, or a copy of it.

The service sees only the first five hexadecimal digits of the password's SHA-1, which hundreds of passwords share, and
`Add-Padding` hides the length of its answer. Without an answer in time, the password is accepted, because it has passed
all other rules.
"""

import asyncio
import hashlib
import logging
import ssl
from functools import lru_cache
from pathlib import Path

import httpx

from netim_app.infra.log import log_event
from netim_app.infra.unit_of_work import units

OFF = "off"
API = "api"
RANGES = "https://api.pwnedpasswords.com/range/"
_PREFIX = 5
_SECONDS = 1.5
_logger = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request, with the five digits


async def contain(password: str) -> bool:
    """Whether a password is known from a breach; False if the check is off or gets no answer."""
    source = units().settings.breached_passwords
    if source == OFF:
        return False
    digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
    prefix, suffix = digest[:_PREFIX], digest[_PREFIX:]
    try:
        async with asyncio.timeout(_SECONDS):
            listed = await _ask(prefix) if source == API else await asyncio.to_thread(_read, Path(source), prefix)
    except (TimeoutError, OSError, UnicodeError, httpx.HTTPError) as error:
        log_event(_logger, "breached_passwords_unreachable", level=logging.WARNING, reason=type(error).__name__)
        return False
    return any(line.startswith(f"{suffix}:") and not line.endswith(":0") for line in listed.split())


async def _ask(prefix: str) -> str:
    async with httpx.AsyncClient(verify=_tls(), headers={"Add-Padding": "true"}) as client:
        answer = await client.get(RANGES + prefix)
    return answer.raise_for_status().text


@lru_cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(folder: Path, prefix: str) -> str:
    return (folder / f"{prefix}.txt").read_text("ascii")

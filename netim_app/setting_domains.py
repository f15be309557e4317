"""Domains in settings: which are valid, and to which of them passkeys belong."""

import re
from urllib.parse import urlsplit

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
"""Browsers treat a host whose last part is a number as an IPv4 address, however short it is."""
_DOMAIN = "must be a domain such as example.com"


def is_domain(name: str) -> bool:
    """Whether a name in lower case and ASCII is a domain, not an IP address."""
    labels = name.split(".")
    return all(_LABEL.fullmatch(label) for label in labels) and not _NUMBER.fullmatch(labels[-1])


def read_passkey_domain(text: str) -> str:
    """The domain that passkeys belong to.

    Raises:
        ValueError: it is no domain. Browsers accept no IP address and no top-level domain.
    """
    domain = text.lower().rstrip(".")
    if not is_domain(domain) or ("." not in domain and domain != "localhost"):
        raise ValueError(_DOMAIN)
    return domain


def domain_of(url: str) -> str:
    """The domain of a URL; empty for an IP address, to which no passkey can belong."""
    host = urlsplit(url).hostname or ""
    return "" if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]) else host


def belongs_to(host: str, domain: str) -> bool:
    """Whether a host is this domain or a subdomain of it."""
    return host == domain or host.endswith(f".{domain}")

"""Which logins are mailed, and how a copy identifies the account."""

from typing import Literal, get_args

Setting = Literal["off", "new", "every"]
"""Logins in new browsers but for those with password and code; all logins in new browsers; all logins."""
SETTINGS: tuple[Setting, ...] = get_args(Setting)
"""Each mails everything that the previous one does, and more."""
DEFAULT: Setting = "new"


def is_lower(setting: Setting, before: Setting) -> bool:
    """Whether one setting mails fewer logins than another."""
    return SETTINGS.index(setting) < SETTINGS.index(before)


def is_mailed(setting: Setting, *, new_browser: bool, with_code: bool) -> bool:
    """Whether a login is mailed. One in a new browser, by a password alone or by a passkey, always is."""
    if setting == "every":
        return True
    return new_browser and (setting == "new" or not with_code)


def masked(email: str) -> str:
    """An address as others may see it: recognisable, but not complete enough to write to."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"

"""Which logins are mailed, and how a copy names the account."""

from typing import Literal, get_args

Setting = Literal["off", "new", "every"]
"""Nothing but logins in new browsers that a password alone has opened; all logins in new browsers; all logins."""
SETTINGS: tuple[Setting, ...] = get_args(Setting)
"""Each mails what the one before does, and more."""
DEFAULT: Setting = "new"


def is_lower(setting: Setting, before: Setting) -> bool:
    """Whether one setting mails less than another."""
    return SETTINGS.index(setting) < SETTINGS.index(before)


def is_mailed(setting: Setting, *, new_browser: bool, password_alone: bool) -> bool:
    """Whether a login is mailed. One that a stolen password is enough for always is."""
    if setting == "every":
        return True
    return new_browser and (setting == "new" or password_alone)


def masked(email: str) -> str:
    """An address as others may see it: enough to know it again, not enough to write to it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"

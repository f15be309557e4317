"""The paths of the product's pages. A feature has those of its own pages."""

import re

LOGIN = "/login"
SIGN_UP = "/signup"
VERIFY = "/verify-email"
FORGOT = "/forgot-password"
RESET = "/reset-password"
RESTORE = "/restore-email"
ACCOUNT = "/account/"
"""The path of every page that needs a session begins with this."""
PERSONAL = "/account/personal-information"
"""A login leads here unless the customer wanted another page."""
SECURITY = "/account/connection-and-security"
"""The page with the cards and their dialogs."""
_ACCOUNT_PATH = re.compile(ACCOUNT + r"[a-z-]{1,40}(#[a-z-]{1,40})?")


def card(anchor: str) -> str:
    """The place of a card on the page `SECURITY`."""
    return f"{SECURITY}#{anchor}"


def safe_path(path: object) -> str:
    """The path if it is inside the account area, otherwise that area's first page."""
    return path if isinstance(path, str) and _ACCOUNT_PATH.fullmatch(path) else PERSONAL

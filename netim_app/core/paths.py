"""The paths of the product's pages. A feature has those of its own pages."""

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


def card(anchor: str) -> str:
    """The place of a card on the page `SECURITY`."""
    return f"{SECURITY}#{anchor}"

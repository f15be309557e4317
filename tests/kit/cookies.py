"""Cookies as answers set them."""

import httpx

from tests.kit.harness import Client
from tests.kit.pages import PERSONAL


def attributes(response: httpx.Response, name: str) -> dict[str, str]:
    """The attributes of a cookie that a response sets, by their names in lower case; its value under ""."""
    for header in response.headers.get_list("set-cookie"):
        first, *rest = [part.strip() for part in header.split(";")]
        if first.startswith(f"{name}="):
            pairs = [part.partition("=") for part in rest]
            return {"": first.partition("=")[2]} | {key.lower(): value for key, _, value in pairs}
    return {}


async def is_logged_in(client: Client) -> bool:
    """Whether the server takes this client for logged in, on a new socket."""
    await client.connect(PERSONAL)
    client.vars.clear()
    await client.call("ShellState.open_account_page")
    return bool(client.vars.get("ShellState.ready"))

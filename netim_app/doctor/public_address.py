"""Whether pages can connect at the public URL."""

import uuid
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from netim_app.doctor.finding import PATIENCE_SECONDS, Finding, reason
from netim_app.infra import port
from netim_app.settings import Settings

SWITCHING_PROTOCOLS = 101
FORBIDDEN = 403
_HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def check_public_address(settings: Settings) -> Finding:
    """Opens a socket at the public URL, as a page does. That needs a running server."""
    origin = settings.public_url
    answer = _handshake(origin, origin)
    if answer == SWITCHING_PROTOCOLS:
        return Finding("public address", f"{origin} answers, and its pages may connect")
    listening = port.ANYWHERE.get(settings.host, settings.host)
    shown = f"[{listening}]:{settings.port}" if ":" in listening else f"{listening}:{settings.port}"
    own = _handshake(f"http://{shown}", origin)
    if FORBIDDEN in (own, answer):
        said = "is not the address that the running server was started with, so that no page can connect"
    elif isinstance(answer, int):
        said = f"answers {answer} where pages connect: the proxy must pass websockets on"
    elif isinstance(own, int):
        said = f"does not answer: {answer}"
    else:
        return Finding("public address", f"{origin} was not tried: no server listens on {shown}")
    return Finding("public address", f"NETIM_PUBLIC_URL: {origin} {said}", fine=False)


def _handshake(address: str, origin: str) -> int | str:
    """The status of the response, or the reason why there is none."""
    url = urlsplit(address)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=PATIENCE_SECONDS)
    try:
        path = f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
        connection.request("GET", path, headers={**_HANDSHAKE, "Origin": origin})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        return reason(error)
    finally:
        connection.close()

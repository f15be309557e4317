"""The headers of every response: what a page may load, who may frame it, what may be cached (ASVS 3.4)."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=63072000; includeSubDomains"
"""Two years. Without `preload`: that is the domain owner's decision."""
IMMUTABLE = "public, max-age=31536000, immutable"
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
        "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
        "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
_TEXT = re.compile(r"text/[\w.+-]+|[\w.+-]+/([\w.+-]+\+)?xml")
"""Content types that a browser decodes as characters (ASVS 4.1.1). JSON is always UTF-8."""
_HASHED_FILE = re.compile(r"/assets/[^?#]+-[\w-]{8}\.\w{2,5}", re.ASCII)
_FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The policy for hashed files: browsers apply only the document's. Ours in full is as long as a small script."""

_HOST_OF_LOCATION = re.compile(r"^(?:[a-z]+://[^/?#]*)?[/\\]*", re.IGNORECASE)


def relative(location: str) -> str:
    """A redirect's location without the host, which frameworks take from the Host header, written by the client.

    All our redirects stay on this site. Several slashes at the beginning would also name a host.
    """
    return _HOST_OF_LOCATION.sub("/", location)


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self._inside = True
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False


def inline_script_hashes(static_dir: Path) -> tuple[str, ...]:
    """The CSP sources `'sha256-...'` of all inline scripts in the built HTML files below a folder, sorted.

    They are read once at the start: a build does not change while it is served. Event handlers in attributes are not
    hashed, so they do not run.
    """
    hashes: set[str] = set()
    for page in static_dir.rglob("*.html"):
        parser = _InlineScripts()
        # Browsers hash the parsed text, and they parse CR LF as LF: newline=None does the same.
        parser.feed(page.read_text(encoding="utf-8"))
        parser.close()
        for script in parser.found:
            digest = hashlib.sha256(script.encode()).digest()
            hashes.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return tuple(sorted(hashes))


def content_security_policy(*origins: str, production: bool, script_hashes: Iterable[str] = ()) -> str:
    """The policy for our pages: own files, hashed inline scripts, own socket; no eval, no frames."""
    sockets = " ".join(f"ws{origin.removeprefix('http')}" for origin in origins)
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",  # emotion writes style elements
        "img-src": "'self' data:",  # QR codes are drawn here and shown as data:
        "font-src": "'self'",
        "connect-src": f"'self' {sockets}",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    policy = "; ".join(f"{name} {value}" for name, value in directives.items())
    return f"{policy}; upgrade-insecure-requests" if production else policy


class SecurityHeaders:
    """ASGI middleware that adds the headers to every HTTP response.

    This covers pages, files, errors and refused websocket upgrades.

    Args:
        origins: of our pages.
        production: adds HSTS, and tells browsers to upgrade http addresses.
        script_hashes: from `inline_script_hashes`.
    """

    def __init__(
        self, app: ASGIApp, *, origins: Iterable[str], production: bool, script_hashes: Iterable[str] = ()
    ) -> None:
        self._app = app
        policy = content_security_policy(*origins, production=production, script_hashes=script_hashes)
        self._headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "permissions-policy": PERMISSIONS,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            # Granian adds its own name to every response without this header, so deleting it would not help.
            "server": "web",
        }
        if production:
            self._headers["strict-transport-security"] = HSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                # Engine.IO writes names in capitals, which ASGI does not allow: they would not be found.
                message = {**message, "headers": [(name.lower(), value) for name, value in message.get("headers", ())]}
                self._complete(MutableHeaders(scope=message), message["status"], scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _complete(self, headers: MutableHeaders, status: int, path: str) -> None:
        for name, value in self._headers.items():
            headers[name] = value
        if "location" in headers:
            headers["location"] = relative(headers["location"])
        if "x-powered-by" in headers:
            del headers["x-powered-by"]
        if _TEXT.fullmatch(headers.get("content-type", "")):
            headers["content-type"] += "; charset=utf-8"
        found = status in (200, 206, 304)
        if found and _HASHED_FILE.fullmatch(path):
            headers["cache-control"] = IMMUTABLE
            headers["content-security-policy"] = _FILE_POLICY
            del headers["permissions-policy"]
        elif "cache-control" not in headers:
            headers["cache-control"] = "no-store"


def security_headers(pages: Path, *, origins: Iterable[str], production: bool) -> Callable[[ASGIApp], ASGIApp]:
    """Makes `SecurityHeaders` for `rx.App(api_transformer=...)`.

    The pages are read when the server is created, and not here: a build imports the application, too.

    Args:
        pages: the folder of the built pages.
        origins: as for `SecurityHeaders`.
        production: as for `SecurityHeaders`.
    """

    def with_headers(app: ASGIApp) -> ASGIApp:
        return SecurityHeaders(app, origins=origins, production=production, script_hashes=inline_script_hashes(pages))

    return with_headers

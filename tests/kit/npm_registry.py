"""An npm registry on loopback, and a proxy: it notes what it is asked for, and whom others want to reach."""

import base64
import contextlib
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

from tests.kit.harness import ROOT

Serve = Callable[[str, str, str], bytes | None]
"""Name, version and locked integrity to the content of a package."""


def locked_packages() -> dict[str, list[tuple[str, str]]]:
    """Of reflex.lock: each name, with its versions and their integrity."""
    found: dict[str, list[tuple[str, str]]] = {}
    packages = json.loads((ROOT / "reflex.lock" / "package-lock.json").read_text())["packages"]
    for place, package in packages.items():
        if "integrity" in package:
            name = package.get("name") or place.rpartition("node_modules/")[2]
            found.setdefault(name, []).append((package["version"], package["integrity"]))
    return found


def from_npms_cache(_name: str, _version: str, integrity: str) -> bytes | None:
    """A package that npm got before, when it installed the packages for the tests."""
    kind, _, digest = integrity.partition("-")
    hexadecimal = base64.b64decode(digest).hex()
    file = _cache() / "_cacache" / "content-v2" / kind / hexadecimal[:2] / hexadecimal[2:4] / hexadecimal[4:]
    return file.read_bytes() if file.exists() else None


@lru_cache
def _cache() -> Path:
    command = [Path(sys.executable).parent / "npm", "config", "get", "cache"]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip())


def other_content(name: str, version: str, _integrity: str) -> bytes:
    """A package of the right name and version which is not the one that was locked."""
    text = json.dumps({"name": name, "version": version, "main": "index.js", "scripts": {"install": "exit 0"}}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for file, content in (("package/package.json", text), ("package/index.js", b"throw new Error('other')")):
            member = tarfile.TarInfo(file)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Registry(ThreadingHTTPServer):
    """Serves the packages of reflex.lock, with the content that `serve` gives them."""

    def __init__(self, serve: Serve) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.serve = serve
        self.packages = locked_packages()
        self.asked: list[str] = []
        self.wanted_elsewhere: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def document(self, name: str) -> bytes | None:
        """A registry's document about a package: its versions, and where each is."""
        versions = {
            version: {
                "name": name,
                "version": version,
                "dist": {"tarball": f"{self.url}/-/{name}/{version}.tgz", "integrity": _integrity(content)},
            }
            for version, integrity in self.packages.get(name, [])
            if (content := self.serve(name, version, integrity)) is not None
        }
        latest = {"latest": next(iter(versions), "")}
        return json.dumps({"name": name, "dist-tags": latest, "versions": versions}).encode() if versions else None

    def content(self, name: str, version: str) -> bytes | None:
        return self.serve(name, version, dict(self.packages[name])[version])


def _integrity(content: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        path = unquote(self.path).removeprefix("/")
        self.server.asked.append(path)
        if path.startswith("-/"):
            name, _, file = path.removeprefix("-/").rpartition("/")
            self._answer(self.server.content(name, file.removesuffix(".tgz")))
        else:
            self._answer(self.server.document(path))

    def do_CONNECT(self) -> None:
        self.server.wanted_elsewhere.append(self.path)
        self.send_error(502)

    def _answer(self, body: bytes | None) -> None:
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_arguments: object) -> None:
        pass


@contextlib.contextmanager
def registry(serve: Serve) -> Iterator[Registry]:
    with Registry(serve) as running:
        thread = Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()

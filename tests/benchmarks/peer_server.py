"""The peer: django-allauth behind gunicorn with two workers, in a virtual environment that is made at need."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import httpx

from tests.kit.harness import PASSWORD, ROOT, START_SECONDS, Server

SITE = Path(__file__).parent / "peer"
VENV = ROOT / ".peer"
PYTHON = VENV / "bin" / "python"
WORKERS = 2
LOGIN_PAGE = "/accounts/login/"
PAGE = "/accounts/email/"


def install() -> None:
    """Makes the virtual environment, unless it has what the requirements say."""
    requirements, stamp = SITE / "requirements.txt", VENV / "installed.txt"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run(
        [PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--requirement", requirements],
        check=True,
        stdout=sys.stderr,
    )
    shutil.copy(requirements, stamp)


class PeerServer(Server):
    """The site, with a database and mails of its own."""

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETIM_", "REFLEX_"))}
        return kept | {"PEER_FOLDER": str(self.folder), "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(SITE)}

    def start(self) -> "PeerServer":
        install()
        self.folder.mkdir(parents=True)
        self._python("-m", "django", "migrate", "--verbosity", "0")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    VENV / "bin" / "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{self.port}",
                    "--log-level", "warning", "django.core.wsgi:get_wsgi_application()",
                ],
                env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(self.address + LOGIN_PAGE, timeout=5).status_code == httpx.codes.OK:
                    return self
            except httpx.HTTPError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the peer did not start:\n{self.log[-3000:]}")

    def make_visitors(self, count: int) -> "list[Visitor]":
        """Customers of their own, each logged in."""
        made = json.loads(self._python(str(SITE / "customers.py"), str(count), PASSWORD))
        return [Visitor(self, number, session) for number, session in made]

    def drain(self) -> None:
        """Nothing is ever left over: it sends each mail before it answers."""

    def _python(self, *words: str) -> str:
        done = subprocess.run([PYTHON, *words], env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout


class Visitor:
    """One browser: it fetches and posts pages as a browser does that has no script to run."""

    def __init__(self, server: PeerServer, number: int, session: str) -> None:
        self._server = server
        self._number = number
        self._session = session
        self._http: aiohttp.ClientSession | None = None

    async def open(self, path: str = PAGE) -> None:
        """Fetches a page: the first one brings the token that every form needs."""
        if self._http is None:
            cookies = {"sessionid": self._session} if path == PAGE else {}
            jar = aiohttp.CookieJar(unsafe=True)
            self._http = aiohttp.ClientSession(self._server.address, cookies=cookies, cookie_jar=jar)
        async with self._http.get(path) as answer:
            await _read(answer)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def log_in(self) -> None:
        """Posts the form of the login page, which must be open."""
        form = {"login": f"first{self._number}@example.com", "password": PASSWORD}
        async with self._post(LOGIN_PAGE, form, follow=False) as answer:
            if answer.status != httpx.codes.FOUND or "sessionid" not in answer.cookies:
                raise RuntimeError(f"a login at the peer was answered with {answer.status}")

    def _post(self, path: str, form: dict[str, str], *, follow: bool) -> Any:
        assert self._http is not None
        token = self._http.cookie_jar.filter_cookies(self._http._base_url)["csrftoken"].value  # type: ignore[arg-type]
        return self._http.post(path, data={"csrfmiddlewaretoken": token, **form}, allow_redirects=follow)


async def change(visitor: Visitor, number: int) -> None:
    """Makes the other address the account's own, and fetches the page anew. Each second change is mailed."""
    address = f"{('second', 'first')[number % 2]}{visitor._number}@example.com"
    async with visitor._post(PAGE, {"email": address, "action_primary": ""}, follow=True) as answer:
        if "Primary email address set" not in await _read(answer):
            raise RuntimeError("the peer did not make the change")


async def _read(answer: aiohttp.ClientResponse) -> str:
    if answer.status != httpx.codes.OK:
        raise RuntimeError(f"the peer answered {answer.status} at {answer.url}")
    return await answer.text()

"""The application of docs/reuse.md, taken from the page, built, served, used and attacked."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright
from socketio.exceptions import ConnectionError as HandshakeRefused

from reflex_guard.headers import inline_script_hashes
from tests.browser.conftest import ARGS, executable
from tests.kit.harness import Client, Server, free_port
from tests.kit.headers import assert_guarded, directives

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reuse.md").read_text()
FILES = dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE, re.DOTALL))
PASSWORD = "quiet meadow lantern 42"
STATES = "reflex___state____state.counter___counter____"
LOG_IN, PRESS = f"{STATES}login_state.submit", f"{STATES}counter_state.press"
UNMARKED = f"{STATES}counter_state.forgotten"


class Example(Server):
    """The application, started as the page says."""

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NETIM_", "REFLEX_"))}
        own = {"PORT": str(self.port), "ORIGIN": self.origin, "PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)}
        reflex = {"REFLEX_USE_NPM": "1", "REFLEX_TELEMETRY_ENABLED": "false"}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        return {**kept, **own, **reflex, "PATH": path}

    def launch(self) -> "subprocess.Popen[bytes]":
        words = re.search(r'PASSWORD="[^"]+" reflex (.+)\n', PAGE)
        assert words
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reflex", *words[1].split()],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder, port = tmp_path_factory.mktemp("reuse"), free_port()
    for path, code in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(code)
    for name in (".npmrc", "bunfig.toml"):  # else Reflex looks for a registry of its own
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "reflex.lock", folder / "reflex.lock")
    if (ROOT / ".web" / "node_modules").is_dir():  # saves npm the way; without it, it asks its registry
        shutil.copytree(ROOT / ".web" / "node_modules", folder / ".web" / "node_modules", symlinks=True)
    server = Example(folder, port=port, public_url=f"http://localhost:{port}")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.close()


@pytest.fixture
async def anna(example: Example) -> AsyncIterator[Client]:
    """Somebody who is logged in."""
    async with Client(example) as client:
        await client.load("/")
        response = await client.redeem(await client.ticket(LOG_IN, form={"password": PASSWORD}))
        assert response.headers["location"] == "/"
        await client.connect("/")
        yield client


@pytest.fixture
async def stranger(example: Example) -> AsyncIterator[Client]:
    """Somebody who has opened the page."""
    async with Client(example) as client:
        await client.load("/")
        yield client


def refused(example: Example) -> int:
    return example.log.count("event.refused")


def test_the_page_shows_a_whole_application() -> None:
    assert set(FILES) == {"rxconfig.py", "counter/counter.py"}


def test_a_visitor_logs_in_and_counts_in_a_browser_that_runs_no_foreign_script(example: Example) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGS])
        context = browser.new_context(base_url=example.origin)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto("/")
        shown = page.locator("#shown")
        page.get_by_label("Password").fill(PASSWORD)
        with page.expect_event("framenavigated"):
            page.get_by_role("button", name="Log in").click()

        page.get_by_role("button", name="Count").click()
        expect(shown).to_have_text(re.compile(r"Anna 1 [\w-]{43}"))
        page.get_by_role("button", name="Forgotten").click()
        page.get_by_role("button", name="Count").click()
        expect(shown).to_have_text(re.compile(r"Anna 2 [\w-]{43}"))
        page.reload()
        expect(shown).to_have_text("Anna 2 ")  # the secret is nowhere any more

        (cookie,) = context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("counter_session", True, "Lax")
        assert page.evaluate("document.cookie") == ""
        assert [line for line in said if "Content Security Policy" in line] == []
        browser.close()


async def test_a_handler_without_a_mark_runs_for_nobody(example: Example, anna: Client, stranger: Client) -> None:
    for client in (anna, stranger):
        before = refused(example)
        await client.call(UNMARKED)
        assert client.vars["CounterState.count"] == 0
        assert refused(example) == before + 1

    await anna.call(PRESS)
    assert (anna.vars["CounterState.count"], anna.vars["CounterState.name"]) == (1, "Anna")


async def test_a_marked_handler_runs_after_the_exchange_of_the_ticket_alone(example: Example, stranger: Client) -> None:
    await stranger.call(PRESS)
    assert stranger.vars["CounterState.count"] == 0
    assert stranger.redirects() == ["/"]
    assert await stranger.ticket(LOG_IN, form={"password": "wrong"}) == ""
    ticket = await stranger.ticket(LOG_IN, form={"password": PASSWORD})
    await stranger.call(PRESS)
    assert stranger.vars["CounterState.count"] == 0  # a ticket alone is no session

    await stranger.redeem(ticket)
    await stranger.connect("/")
    await stranger.call(PRESS)
    assert stranger.vars["CounterState.count"] == 1


HOSTILE: list[Any] = [5, None, [PASSWORD], {}, {"password": [PASSWORD]}, {"password": "\ud800"}, {"password": ""}]


async def test_what_is_no_password_gets_no_ticket_and_breaks_nothing(example: Example, stranger: Client) -> None:
    for form in HOSTILE:
        assert await stranger.ticket(LOG_IN, form=form) == "", form
    assert "Traceback" not in example.log
    assert await stranger.ticket(LOG_IN, form={"password": PASSWORD}) != ""


async def test_a_ticket_works_once_and_from_the_pages_of_the_application_only(stranger: Client) -> None:
    ticket = await stranger.ticket(LOG_IN, form={"password": PASSWORD})
    foreign = {"Sec-Fetch-Site": "cross-site"}
    posted = await stranger.http.post("/auth/session", data={"ticket": ticket}, headers=foreign)
    assert (posted.status_code, "set-cookie" in posted.headers) == (403, False)

    first, second = await stranger.redeem(ticket), await stranger.redeem(ticket)
    assert re.match(r"counter_session=[\w-]{43}; HttpOnly; Path=/; SameSite=lax$", first.headers["set-cookie"])
    assert "set-cookie" not in second.headers


async def test_the_session_ends_with_a_logout(anna: Client) -> None:
    await anna.call(PRESS)
    kept = list(anna.http.cookies.jar)
    await anna.log_out()
    for cookie in kept:
        anna.http.cookies.jar.set_cookie(cookie)  # a thief has kept it
    await anna.connect("/")
    await anna.call(PRESS)
    assert anna.vars["CounterState.count"] == 0
    assert anna.redirects() == ["/"]


async def test_the_name_of_a_tab_opens_nothing(example: Example, anna: Client) -> None:
    await anna.call(PRESS)
    await anna.disconnect()
    async with Client(example) as thief:
        thief.token = anna.token
        await thief.connect("/")
        await thief.settle()
        assert "Anna" not in str(thief.heard)
        assert thief.vars["CounterState.count"] == 0


@pytest.mark.parametrize("payload", [{"by": 5}, {"self": 1}, {"": 1}])
async def test_arguments_that_fit_no_handler_are_refused(anna: Client, payload: dict[str, int]) -> None:
    await anna.call(PRESS, **payload)
    assert anna.vars["CounterState.count"] == 0
    await anna.call(PRESS)
    assert anna.vars["CounterState.count"] == 1


async def test_a_packet_with_a_foreign_state_is_dropped(example: Example, anna: Client) -> None:
    dropped = example.log.count("socket.packet_dropped")
    await anna.send("reflex___state____state.other___other____other_state.press")
    await anna.emit("other", {})
    await anna.call(PRESS)

    assert anna.vars["CounterState.count"] == 1
    assert example.log.count("socket.packet_dropped") == dropped + 1  # once for a socket
    assert "Traceback" not in example.log


async def test_another_site_cannot_open_the_socket_of_a_customer(anna: Client) -> None:
    for origin in ("https://evil.example", None):
        with pytest.raises(HandshakeRefused):
            await anna.connect("/", headers={"Origin": origin})
    await anna.connect("/")
    await anna.call(PRESS)
    assert anna.vars["CounterState.count"] == 1


async def test_every_answer_has_its_headers_and_the_hashes_of_the_build(example: Example, stranger: Client) -> None:
    page = await stranger.http.get("/")
    assert_guarded(page)
    hashes = inline_script_hashes(example.folder / ".web" / "build" / "client")
    assert hashes
    assert directives(page)["script-src"] == ["'self'", *hashes]
    assert_guarded(await stranger.http.get("/no-such-page"))

"""Passwords of known breaches, asked for as the operator has chosen. A server answers as Pwned Passwords does."""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import breached_passwords, password_policy, password_queues
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import visitor_of
from tests.kit.fakes import until

LISTED = "maison verte lampe"
NOT_LISTED = "cheval pile agrafe bleu"
DIGEST = hashlib.sha1(LISTED.encode(), usedforsecurity=False).hexdigest().upper()
PREFIX, SUFFIX = DIGEST[:5], DIGEST[5:]
RANGE = f"{'0' * 35}:3\r\n{SUFFIX}:12\r\n{'F' * 35}:0"


Choose = Callable[[str], None]


class Service:
    """Its answers, and the questions to it."""

    def __init__(self) -> None:
        self.text = RANGE
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    answers = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append((self.path, self.headers["Add-Padding"]))
            answers.may_answer.wait(30)
            self.send_response(answers.status)
            self.end_headers()
            self.wfile.write(answers.text.encode())

        def log_message(self, *_args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(breached_passwords, "RANGES", f"http://127.0.0.1:{server.server_port}/range/")
        yield answers
        answers.may_answer.set()
        server.shutdown()


@pytest.fixture
def choose(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Changes the operator's setting."""

    def choose(source: str) -> None:
        changed = sqlite_units.settings.model_copy(update={"breached_passwords": source})
        monkeypatch.setattr(sqlite_units, "settings", changed)

    return choose


async def refusal(password: str) -> str:
    """The text key at the field; empty for a password that is accepted."""
    form = Form({"password": password})
    await password_policy.read_new(form, "password", visitor_of(), personal=(), min_length=12)
    try:
        form.finish()
    except DomainError as error:
        (fault,) = error.all
        assert fault.field == "password"
        return fault.key
    return ""


async def test_nobody_is_asked_unless_the_operator_wants_it(sqlite_units: Units, service: Service) -> None:
    assert sqlite_units.settings.breached_passwords == "off"
    assert await refusal(LISTED) == ""
    assert service.asked == []


async def test_the_service_learns_five_digits(
    choose: Choose, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    choose("api")

    assert await refusal(LISTED) == "password.leaked"
    assert service.asked == [(f"/range/{PREFIX}", "true")]
    assert PREFIX not in caplog.text

    service.asked.clear()
    assert await refusal(NOT_LISTED) == ""
    assert len(service.asked) == 1


async def test_padding_is_no_breach(choose: Choose, service: Service) -> None:
    choose("api")
    service.text = f"{SUFFIX}:0"

    assert await refusal(LISTED) == ""


async def test_what_is_refused_already_is_not_asked_for(choose: Choose, service: Service) -> None:
    choose("api")

    assert await refusal("Captain2026!") == "password.one_word"
    assert service.asked == []


@pytest.mark.parametrize("trouble", ["slow", "error", "away"])
async def test_no_answer_lets_it_through_and_is_logged(
    choose: Choose, service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    choose("api")
    if trouble == "slow":
        service.may_answer.clear()
        monkeypatch.setattr(breached_passwords, "_SECONDS", 0.2)
    elif trouble == "error":
        service.status = 503
    else:
        monkeypatch.setattr(breached_passwords, "RANGES", "http://127.0.0.1:9/range/")

    assert await refusal(LISTED) == ""
    (line,) = [each for each in caplog.records if "breached_passwords_unreachable" in each.getMessage()]
    assert line.levelno == logging.WARNING
    assert LISTED not in line.getMessage()


async def test_others_are_judged_while_the_service_is_slow(
    choose: Choose, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many from one source as there are places for it, and one more."""
    choose("api")
    service.may_answer.clear()
    monkeypatch.setattr(breached_passwords, "_SECONDS", 30)
    waiting = [asyncio.create_task(refusal(LISTED)) for _ in range(password_queues.JUDGE_PLACES_PER_SOURCE)]
    await until(lambda: len(service.asked) == len(waiting))

    assert await refusal("Captain2026!") == "password.one_word"
    assert await password_policy.score_typed(NOT_LISTED) == 4
    assert not any(task.done() for task in waiting)
    service.may_answer.set()
    assert await asyncio.gather(*waiting) == ["password.leaked"] * len(waiting)


async def test_a_copy_on_disk_is_read(choose: Choose, service: Service, tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}.txt").write_text(RANGE)
    choose(str(tmp_path))

    assert await refusal(LISTED) == "password.leaked"
    assert await refusal(NOT_LISTED) == "", "its range is missing"
    assert service.asked == []

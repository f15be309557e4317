"""Fixtures of the tests of a running server. Where a server does not start, its tests fail: they are never skipped."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.kit.harness import Client, Server, production_server, redis_server, running

HERE = Path(__file__).parent
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a module. Its clock is put right again by `clock_put_right`."""
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same in production settings."""
    with production_server(tmp_path_factory.mktemp("production")) as started:
        yield started


@pytest.fixture(autouse=True)
def clock_put_right(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "server" in request.fixturenames:
        request.getfixturevalue("server").move_clock(0)


@pytest.fixture
def new_email() -> Callable[[], str]:
    """Gives addresses that nobody has used."""
    return lambda: f"customer{next(_numbers)}@example.com"


@pytest.fixture
async def guest(server: Server) -> AsyncIterator[Client]:
    """Somebody on the login page, with a browser cookie and no session."""
    async with Client(server) as client:
        await client.load("/login")
        yield client


@pytest.fixture
def email(server: Server, new_email: Callable[[], str]) -> str:
    """The address of an account that nobody is logged in to."""
    return server.create_account(new_email())


@pytest.fixture
async def anna(server: Server, email: str) -> AsyncIterator[Client]:
    """A logged-in customer."""
    async with Client(server) as client:
        await client.log_in(email)
        yield client


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """Where page states are kept, so that a test can read them."""
    with redis_server(tmp_path) as (client, url):
        client.url = url
        yield client


def page_states(redis: Any) -> dict[bytes, bytes]:
    """The states of open pages, as Redis stores them."""
    return {key: redis.get(key) or b"" for key in redis.keys("*") if redis.type(key) == b"string"}

"""infra.rate_limit: so many and no more, in memory and in a real Redis; nothing opens when the store is down."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netim_app.infra import rate_limit
from netim_app.infra.rate_limit import Limit, Limiter, network_keys
from netim_app.settings import Settings
from tests.kit.fakes import captured_log, events, until
from tests.kit.harness import redis_server
from tests.kit.windows import whole_window

RULE = Limit("test_rule", 3, 3600)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as (_client, url):
        yield url


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[Limiter]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    limiter = Limiter(url)
    if url:
        await whole_window(RULE, 5)
    yield limiter
    await limiter._windows.storage.reset()
    await _close(limiter)


async def _close(limiter: Limiter) -> None:
    bridge = getattr(limiter._windows.storage, "bridge", None)
    if bridge is not None:
        await bridge.storage.aclose()


async def test_so_many_and_no_more(limiter: Limiter) -> None:
    assert [await limiter.hit(RULE, "a") for _ in range(5)] == [True, True, True, False, False]


class CountedWalks(dict[str, float]):
    """Counts how often somebody walks over its keys."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()

    def keys(self) -> Any:
        self.walks += 1
        return super().keys()


async def test_a_hit_looks_at_its_own_counts_alone() -> None:
    limiter = Limiter()
    storage: Any = limiter._windows.storage
    storage.expirations = CountedWalks()
    for number in range(20):
        assert await limiter.hit(RULE, str(number))
        await asyncio.sleep(0)
    assert storage.expirations.walks <= 1, "the first hit begins a sweep"


async def test_counts_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "SWEEP_EVERY_SECONDS", 0)
    limiter = Limiter()
    storage: Any = limiter._windows.storage
    await limiter.hit(RULE, "over")
    storage.expirations = dict.fromkeys(storage.expirations, 0.0)
    await limiter.hit(RULE, "new")
    await until(lambda: len(storage.expirations) == 1)
    assert len(storage.storage) == 1


async def test_identities_and_rules_have_budgets_of_their_own(limiter: Limiter) -> None:
    for _ in range(3):
        await limiter.hit(RULE, "a", "b")
    assert not await limiter.hit(RULE, "a", "b")
    assert await limiter.hit(RULE, "ab")
    assert await limiter.hit(RULE, "a", "c")
    assert await limiter.hit(RULE, "a\0b", "")
    assert await limiter.hit(Limit("other", 3, 3600), "a", "b")


async def test_parallel_hits_do_not_slip_past(limiter: Limiter) -> None:
    assert sum(await asyncio.gather(*(limiter.hit(RULE, "a") for _ in range(50)))) == 3


async def test_two_workers_count_together_in_redis(redis_url: str) -> None:
    workers = [Limiter(redis_url), Limiter(redis_url)]
    await whole_window(RULE, 5)
    hits = [await workers[number % 2].hit(Limit("shared", 4, 3600), "x") for number in range(8)]
    assert hits == [True] * 4 + [False] * 4
    for worker in workers:
        await _close(worker)


async def test_redis_holds_no_address(limiter: Limiter) -> None:
    await limiter.hit(RULE, "jane@example.com")
    storage = limiter._windows.storage
    bridge = getattr(storage, "bridge", None)
    keys = await bridge.storage.keys("*") if bridge else list(getattr(storage, "storage"))  # noqa: B009
    assert keys
    assert "jane" not in repr(keys)


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(-86_400, False), (-3600, False), (0, False), (1000, False), (3600, True), (86_400, True)]
)
async def test_a_clock_that_tests_move_ends_the_window(seconds: float, fresh: bool) -> None:
    from datetime import timedelta

    from netim_app.core.clock import system_clock

    ahead = 0.0
    limiter = Limiter(clock=lambda: system_clock() + timedelta(seconds=ahead))
    for _ in range(4):
        await limiter.hit(RULE, "a")
    ahead = seconds
    assert await limiter.hit(RULE, "a") is fresh


async def test_time_ends_the_window_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0 * RULE.seconds
    monkeypatch.setattr("limits.aio.storage.memory.time", SimpleNamespace(time=lambda: now))
    limiter = Limiter()
    assert [await limiter.hit(RULE, "a") for _ in range(4)] == [True, True, True, False]
    now += RULE.seconds + 1
    # The window slides: the last hour weighs almost whole, rounded down.
    assert [await limiter.hit(RULE, "a") for _ in range(2)] == [True, False]
    now += 2 * RULE.seconds
    assert [await limiter.hit(RULE, "a") for _ in range(4)] == [True, True, True, False]


async def test_while_the_store_is_down_nothing_opens(redis_url: str) -> None:
    limiter = Limiter("redis://127.0.0.1:1/0")
    with captured_log(rate_limit.__name__) as records:
        assert [await limiter.hit(RULE, "a"), await limiter.hit(RULE, "a")] == [False, False]
        assert not await limiter.check()
        limiter._windows = Limiter(redis_url)._windows
        assert await limiter.hit(RULE, "down") is True
    assert events(records) == ["limiter.down", "limiter.up"]
    assert records[0].levelno == logging.ERROR
    assert await limiter.check()
    await _close(limiter)


async def test_a_store_that_hangs_counts_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "STORE_TIMEOUT", 0.05)
    silent = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limiter = Limiter(f"redis://127.0.0.1:{port}/0")
    assert await asyncio.wait_for(limiter.hit(RULE, "a"), 3) is False
    silent.set()
    await _close(limiter)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
        ("fe80::1%eth0", "unknown"),
    ],
)
def test_what_an_address_counts_as(address: str, key: str) -> None:
    assert network_keys(address)[0] == key


async def test_identity_may_be_any_text(limiter: Limiter) -> None:
    assert await limiter.hit(RULE, "x" * 100_000, "\ud800", "\0\r\n")


async def test_the_limiter_is_the_one_configured(redis_url: str, tmp_path: Path) -> None:
    assert "Memory" in type(Limiter.from_settings(Settings(var_dir=tmp_path))._windows.storage).__name__
    with_redis = Limiter.from_settings(Settings(var_dir=tmp_path, redis_url=redis_url))
    assert await with_redis.check()
    await _close(with_redis)

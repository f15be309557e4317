"""Data that Hypothesis makes up, sent to every handler, every route and the socket itself, by three kinds of callers.

It is the same on every run: `examples` draws from a fixed seed. The tests demand no certain answers, but that some
things never happen: no fault of the server, nothing of its inside in an answer, nothing written but what is the
caller's own, and nobody else disturbed.
"""

import asyncio
import contextlib
import re
import string
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from sqlmodel import SQLModel

from netim_app import netim_app
from tests.kit.forms import FORMS
from tests.kit.handlers import (
    OWN_DATA,
    PROFILE,
    WRITTEN_BY_ANYBODY,
    assert_no_trace,
    assert_nothing_personal,
    assert_sees_own_data,
    handlers,
    plausible,
    short,
    victim,
)
from tests.kit.harness import NAMESPACE, Client, Server, customer, event_name, fresh_address
from tests.kit.headers import EXPOSED, PAGES
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.two_factor import Owner, give_code, give_password

__all__ = ["victim"]
EVENTS_PER_HANDLER = 9
EVENTS_PER_REFUSED_HANDLER = 2
"""`setvar`, which every state inherits and nobody may call."""
PACKETS, REQUESTS, FRAMES = 150, 300, 150
BATCH = 60
"""Events that are sent before anybody waits for an answer."""
ODD_TEXTS = (
    "", " ", "\0", "\ud800", "\udfff\ud800", "\u202ereversed", "\r\nBcc: all@example.com", "x" * 5_000, "é" * 300,
    "%s%n%x", "{{7*7}}", "'; DROP TABLE account; --", "' OR 1=1 --", "<script>alert(1)</script>", "../../etc/passwd",
    "١٢٣٤٥٦", "１２３４５６", "²³", "1e999", "-0", "0x10", "NaN", "null", "true", "[]", "A" * 43, "-" * 43,
    "a@b", "a@b.test\n", "A@EXAMPLE.COM", "é@é.fr", "@", "a@" + "b." * 200 + "test", '"a b"@example.com',
    "0.0.0.0/0", "::/0", "1.2.3.4/33", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.9-1.2.3.4", "01.2.3.4", "1.2.3.4/-1",
    "fr", "xx", "Europe/../Paris", "//evil.test", "__class__", "_reset_client_storage",
)  # fmt: skip
ODD_NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, -0.0, 0.5, float("nan"), float("inf"))


def examples(strategy: st.SearchStrategy[Any], count: int, name: str) -> list[Any]:
    """So many examples of what Hypothesis makes up: the same ones every time for the same name."""
    drawn: list[Any] = []

    @hypothesis.seed(zlib.crc32(name.encode()))
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    return drawn


def texts() -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=30))


def values() -> st.SearchStrategy[Any]:
    """All kinds of JSON values, and Python's reading of them."""
    plain = st.one_of(st.none(), st.booleans(), st.sampled_from(ODD_NUMBERS), st.integers(), st.floats(), texts())
    nested = st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3), max_leaves=6
    )
    return st.one_of(plain, nested)


def mutated(form: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A dict in which some values are others, some are missing, and some are too many."""
    keys = st.sampled_from(sorted(form) or [""])
    return st.builds(
        lambda changes, gone, more: {k: v for k, v in ({**form, **changes, **more}).items() if k not in gone},
        st.dictionaries(keys, values(), max_size=3),
        st.lists(keys, max_size=2),
        st.dictionaries(texts(), values(), max_size=1),
    )


def payloads(name: str, handler: Callable[..., Any], aim: str) -> st.SearchStrategy[Any]:
    """Arguments for a handler: those that a page sends, bent a little, or anything."""
    sensible = plausible(handler, aim)
    if "form" in sensible:
        form = FORMS.get(short(name), sensible["form"]) | {"code": "000000"}
        bent: st.SearchStrategy[Any] = st.one_of(
            mutated(form).map(lambda made: {"form": made}), values().map(lambda made: {"form": made})
        )
    else:
        bent = mutated(sensible)
    return st.one_of(bent, bent, st.dictionaries(texts(), values(), max_size=3))


# --- what must hold ---


def rows_of_others(server: Server, email: str) -> dict[str, list[str]]:
    """Every row that is not this customer's, except in the tables that anybody may add to."""
    (own,) = server.query("SELECT id FROM account WHERE email = :e", e=email) if email else (0,)
    server.dump()  # loads the tables
    found = {}
    with server.units.engine.connect() as connection:
        for name, table in SQLModel.metadata.tables.items():
            if name in WRITTEN_BY_ANYBODY:
                continue
            owner = table.c.id if name == "account" else table.c.get("account_id")
            query = table.select() if owner is None else table.select().where(owner.is_distinct_from(own))
            if name == "ticket":  # the server deletes spent ones by and by
                query = query.where(table.c.used_at.is_(None))
            rows = connection.execute(query)
            found[name] = sorted(str(tuple(row)) for row in rows)
    return found


class Watch:
    """Looks at the server before and after."""

    def __init__(self, server: Server, email: str = "") -> None:
        self.server, self.email = server, email
        self.before = rows_of_others(server, email)
        self.read = len(server.log)

    def assert_no_fault(self) -> None:
        """The log since the last look tells of nothing that went wrong inside."""
        new = self.server.log[self.read :]
        self.read += len(new)
        for line in new.splitlines():
            if line.endswith('(further occurrences of this error will be logged with level INFO)"'):
                continue  # Engine.IO about a handshake that it has refused
            assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z level=", line), f"not a line of ours: {line[:2000]}"
            assert not re.search(r"Traceback|level=(error|critical)|message=\"?incident|Exception", line), line[:2000]

    def assert_nothing_happened(self) -> None:
        self.assert_no_fault()
        assert self.server.alive
        assert rows_of_others(self.server, self.email) == self.before


async def send_all(client: Client, watch: Watch, events: list[tuple[str, Any]]) -> None:
    """Sends events in batches; after each one the socket still works, and nobody has said too much."""
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        for name, payload in batch:
            await client.emit("event", client.packet(name, {}) | {"payload": payload})
        try:
            await client.settle()
        except TimeoutError:
            raise AssertionError(f"no answer after one of {batch}") from None
        assert_no_trace(client)
        watch.assert_no_fault()
        client.heard.clear()
        client.events.clear()


def made_up(aim: str, *without: str) -> list[tuple[str, Any]]:
    """Events for every handler that the server has."""
    return [
        (name, payload)
        for name, handler in handlers().items()
        if not short(name).startswith(("MailboxState.", *without))
        for payload in examples(
            payloads(name, handler, aim),
            EVENTS_PER_REFUSED_HANDLER if name.endswith(".setvar") else EVENTS_PER_HANDLER,
            name,
        )
    ]


def packets(aim: str) -> list[Any]:
    """Packets that are no event at all, or one with odd parts."""
    known = st.sampled_from([*handlers(), event_name("State.hydrate"), "State.hydrate", "x", "__init__"])
    packet = st.fixed_dictionaries(
        {},
        optional={
            "name": st.one_of(known, values()),
            "payload": st.one_of(st.just({}), values()),
            "router_data": st.one_of(
                mutated({"pathname": PERSONAL, "asPath": PERSONAL, "query": {}, "headers": {}, "sid": "1", "ip": aim}),
                values(),
            ),
            "token": values(),
        },
    )
    unkept = [name for name in handlers() if short(name) in ("MailboxState.open_page", *OWN_DATA)]
    drawn = examples(st.one_of(packet, packet, values()), PACKETS, "packets")
    return [packet for packet in drawn if not isinstance(packet, dict) or packet.get("name") not in unkept]


@pytest.fixture
async def attacker(server: Server, new_email: Callable[[], str]) -> AsyncIterator[Owner]:
    """A customer with a second factor, who attacks others."""
    async with customer(server, new_email()) as client:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        owner = Owner(server, client, client.vars["ProfileState.email"])
        await owner.enable()
        yield owner


async def assert_victim_is_well(victim: Client, city: str) -> None:
    """The twin: a customer who has nothing to do with it reads and changes her data as ever, and logs in anew."""
    await victim.call("ProfileState.save", form=PROFILE | {"city": city})
    assert victim.vars["ProfileState.values"]["city"] == city
    assert_sees_own_data(victim)
    async with Client(victim.server) as elsewhere:
        await elsewhere.log_in(victim.email)
        assert elsewhere.vars["ShellState.ready"]


async def test_type_conf_fuzzed_events_of_a_stranger(server: Server, victim: Client) -> None:
    watch = Watch(server)
    events = made_up(victim.email)
    for start in range(0, len(events), 240):  # each from an address of its own, so that limits do not end it early
        async with Client(server) as stranger:
            await stranger.load("/login")
            stranger.path = PERSONAL
            await send_all(stranger, watch, events[start : start + 240])
            assert_nothing_personal(stranger)
            assert not stranger.session_cookie
            assert not stranger.vars["ShellState.ready"]
    watch.assert_nothing_happened()
    await assert_victim_is_well(victim, "Lille")


async def test_type_conf_fuzzed_events_of_a_customer(server: Server, victim: Client, attacker: Owner) -> None:
    """Logged in, with a fresh proof: everything is open, and still only the own account can be touched."""
    watch = Watch(server, attacker.email)
    (own,) = server.query("SELECT password_hash, email FROM account WHERE email = :e", e=attacker.email)
    client = attacker.client
    client.path = SECURITY
    await send_all(client, watch, made_up(victim.email))
    assert_nothing_personal(client)
    watch.assert_nothing_happened()
    assert attacker.is_on
    assert server.query("SELECT password_hash, email FROM account WHERE email = :e", e=attacker.email) == [own]
    await assert_victim_is_well(victim, "Metz")


async def test_type_conf_fuzzed_events_of_half_a_login(server: Server, victim: Client, attacker: Owner) -> None:
    """The password was right, the code is owed: no event opens anything, and the right code still does."""
    await attacker.client.disconnect()
    watch = Watch(server, attacker.email)
    tables = (
        "account",
        "totp_authenticator",
        "totp_enrolment",
        "backup_code",
        "backup_code_set",
        "ip_rule",
        "login_alert",
    )
    own = [attacker.row(table, "*") for table in tables[1:]]
    async with Client(server) as thief:
        await give_password(thief, attacker.email)
        assert thief.vars["LoginState.needs_code"]
        thief.path = SECURITY
        await send_all(thief, watch, made_up(victim.email, "LoginState."))
        assert_nothing_personal(thief)
        assert not thief.session_cookie
        assert not thief.vars["ShellState.ready"]
        watch.assert_nothing_happened()
        assert [attacker.row(table, "*") for table in tables[1:]] == own
        await thief.connect("/login")
        assert await give_code(thief, attacker.code())
    await assert_victim_is_well(victim, "Nancy")


async def test_type_conf_fuzzed_packets(server: Server, victim: Client, attacker: Owner) -> None:
    """No event at all, or one with odd parts; from a stranger, and from a customer."""
    watch = Watch(server, attacker.email)
    async with Client(server) as stranger:
        await stranger.load("/login")
        for client in (stranger, attacker.client):
            for packet in packets(victim.local_address):
                await client.emit("event", packet)
            await client.settle()
            watch.assert_no_fault()
            assert_nothing_personal(client)
    watch.assert_nothing_happened()
    await assert_victim_is_well(victim, "Reims")


# --- the socket itself ---


KINDS = (
    "", "0", "1", "2", "2probe", "3", "4", "5", "6", "9", "40", "41", "42", "43", "44", "45", "46", "b", "-1",
    "42/_event,", "42/_event,", "40/_event,", "41/_event,", "43/_event,1", "42/nowhere,", "451-/_event,",
    "459999999-/_event,",
)  # fmt: skip
CONTENTS = (
    '["event"]', "[]", "{}", "[", '["event",', "null", '["event",{"_placeholder":true,"num":7}]', "[" * 3_000,
    '"' + "x" * 3_000, '["event",' * 200, "1" * 5_000, '{"a":' * 500, '["event",{"name":"x","payload":{}}]',
)  # fmt: skip
HANDSHAKES = (
    "", "/", "/?EIO=3&transport=websocket", "/?EIO=x", "/?EIO=4&transport=websocket&sid=1",
    f"/?EIO=4&transport=websocket&token={'x' * 9_000}", "/?EIO=4&transport=websocket&token=%00%ff",
    "/?EIO=4&transport=websocket&token=a&token=b", "/../?EIO=4&transport=websocket",
)  # fmt: skip


def frames() -> list[str | bytes]:
    """Frames of Engine.IO and Socket.IO, whole and broken."""
    contents = st.sampled_from(CONTENTS) | st.text(st.characters(codec="utf-8"), max_size=40)
    whole = st.tuples(st.sampled_from(KINDS), contents).map("".join)
    return examples(st.one_of(whole, whole, st.binary(max_size=40)), FRAMES, "frames")


async def talk(session: aiohttp.ClientSession, url: str, headers: dict[str, str], sent: list[str | bytes]) -> str:
    """Opens a socket, says all that, and returns all that was heard. A socket that is closed is an answer, too."""
    heard = []
    with contextlib.suppress(aiohttp.ClientError, ConnectionError):
        async with session.ws_connect(url, headers=headers, max_msg_size=0) as socket:
            for frame in sent:
                await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
            with contextlib.suppress(TimeoutError):
                while True:
                    message = await socket.receive(timeout=0.3)
                    if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                        break
                    heard.append(str(message.data))
    return "".join(heard)


async def test_type_conf_fuzzed_frames(server: Server, victim: Client, attacker: Owner) -> None:
    """Below the events: frames that no library sends, before and after a proper CONNECT."""
    watch = Watch(server, attacker.email)
    cookie = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in attacker.client.http.cookies.jar)}
    url = f"{server.address}{NAMESPACE}/?EIO=4&transport=websocket&token="
    made = frames()
    groups = [made[start : start + 5] for start in range(0, len(made), 5)]
    for who, headers in (("stranger", {}), ("customer", cookie | {"Origin": server.origin})):
        connector = aiohttp.TCPConnector(local_addr=(fresh_address(), 0))
        async with aiohttp.ClientSession(connector=connector) as session:
            answers = await asyncio.gather(
                *(
                    talk(session, f"{url}{who}{number}", headers, [*(["40/_event,"] if number % 2 else []), *group])
                    for number, group in enumerate(groups)
                )
            )
            odd = await asyncio.gather(
                *(talk(session, f"{server.address}{NAMESPACE}{end}", headers, ["40/_event,"]) for end in HANDSHAKES)
            )
        for answer in (*answers, *odd):
            for sign in ("Traceback", "site-packages", "Exception", victim.email, "Quintessence"):
                assert sign not in answer
    watch.assert_nothing_happened()
    await assert_victim_is_well(victim, "Dijon")


# --- requests ---


def routes() -> list[str]:
    """Every address that the server has: pages and routes from the application itself, and some that are not there."""
    own: Any = netim_app.app.api_transformer
    served = [route.path for route in own[0].routes]
    assert "/auth/session" in served
    return [*PAGES, *served, "/ping", "/_health", "/favicon.svg", "/_event/", "/nowhere", *EXPOSED[:9]]


METHODS = (
    "GET", "GET", "POST", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
    "PROPFIND", "get", "X" * 60,
)  # fmt: skip
TAILS = (
    "", "", "", "?", "?a=b", "?open=x&open=y", "?next=//evil.test", "?x=%00%ff%", "?" + "a=1&" * 3_000, "/", "//",
    "/" + "a" * 9_000, "/..%2f..%2f", "/%2e%2e/", "%00", "%ff%fe", ";x=1", "\\", "#x", "/" * 300,
)  # fmt: skip
HEADERS = (
    "Host: evil.test", "Host: ", "Cookie: netim_session=", "Cookie: " + "a=b; " * 500, 'Cookie: =;;="; \\',
    "Cookie: netim_session=" + "A" * 43 + "; netim_browser=%00", "Content-Type: application/json", "Content-Type: ;;",
    "Content-Type: multipart/form-data; boundary=x", "Content-Type: multipart/form-data",
    "Content-Type: application/x-www-form-urlencoded; charset=utf-7", "Content-Length: 0", "Content-Length: -1",
    "Content-Length: 99", "Content-Length: " + "9" * 30, "Content-Length: 1e3", "Transfer-Encoding: chunked",
    "Range: bytes=5-1", "Range: bytes=0-0,-1,5-", "Range: x", "If-None-Match: *", "If-Modified-Since: yesterday",
    "If-Range: x", "Accept-Encoding: br;q=x, *", "Accept-Language: " + "fr-" * 900, "User-Agent: " + "x" * 9_000,
    "User-Agent: \xff\xfe", "X-Forwarded-For: x, 1.2.3.4,", 'Forwarded: for="[::1', "Upgrade: websocket",
    "Upgrade: h2c", "Expect: 100-continue", "Expect: x", "Origin: null", "Sec-Fetch-Site: cross-site",
    "Authorization: Session " + "0" * 64 + "; Device " + "0" * 64, "X-Request-Id: 1", "Content-Encoding: gzip",
)  # fmt: skip
BODIES = (
    b"", b"ticket=" + b"A" * 43, b"ticket=%ff%00", b"ticket=a&ticket=b&x=y", b"&" * 900, b"=" * 40, b"%", b"x" * 9_000,
    b"--x\r\nContent-Disposition: form-data; name=ticket\r\n\r\n" + b"A" * 43 + b"\r\n--x--\r\n", b"--x\r\n\r\n",
    b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--x--", b"--x" * 500, b'{"ticket": 1}',
    b"5\r\nticke\r\n0\r\n\r\n", b"zz\r\n",
)  # fmt: skip
OURS = "Sec-Fetch-Site: same-origin"


def request(method: str, route: str, tail: str, headers: list[str], body: bytes) -> bytes:
    """A whole request as bytes; `{cookie}` is a placeholder for the caller's cookies."""
    lines = [f"{method} {route}{tail} HTTP/1.1", "Host: 127.0.0.1:3000", "{cookie}", "Connection: close", *headers]
    if body and not any(line.startswith(("Content-Length", "Transfer-")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    if not any(line.startswith("Content-Type") for line in headers):
        lines.append("Content-Type: application/x-www-form-urlencoded")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def requests() -> list[bytes]:
    """Made up; those that end the caller's session come last."""
    letters = string.ascii_letters + string.digits
    name = st.text("!#$%&'*+.^_`|~-" + letters, min_size=1, max_size=12)
    latin = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
    headers = st.lists(st.sampled_from(HEADERS) | st.builds("{}: {}".format, name, latin), max_size=3)
    made_up = st.builds(
        request,
        st.sampled_from(METHODS) | name,
        st.sampled_from(routes()),
        st.sampled_from(TAILS) | st.text(letters + "%/?&=.;~", max_size=20),
        st.one_of(headers.map(lambda lines: [OURS, *lines]), headers.map(lambda lines: [OURS, *lines]), headers),
        st.sampled_from(BODIES) | st.binary(max_size=60),
    )
    return sorted(examples(made_up, REQUESTS, "requests"), key=lambda made: b"/auth/logout" in made)


async def ask(server: Server, address: str, request: bytes) -> bytes:
    """Sends these very bytes; returns what came, which is nothing when the server hangs up or waits for more."""
    heard = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(address, 0))
        try:
            async with asyncio.timeout(3):
                writer.write(request)
                await writer.drain()
                while chunk := await reader.read(65536):
                    heard += chunk
        finally:
            writer.close()
    return heard


@pytest.mark.parametrize("who", ["stranger", "half logged in", "customer"])
async def test_type_conf_fuzzed_requests(server: Server, victim: Client, attacker: Owner, who: str) -> None:
    """Methods, addresses, headers and bodies that no browser sends: no 5xx, nothing of the inside, nothing written."""
    async with Client(server) as client:
        if who == "half logged in":
            await give_password(client, attacker.email)
        jar = attacker.client.http.cookies.jar if who == "customer" else client.http.cookies.jar
        cookie = "Cookie: " + "; ".join(f"{c.name}={c.value}" for c in jar)
        sent = [r.replace(b"{cookie}", cookie.encode() if who != "stranger" else b"Accept: */*") for r in requests()]
        watch = Watch(server, attacker.email)
        answered = 0
        for start in range(0, len(sent), 30):
            batch = sent[start : start + 30]
            answers = await asyncio.gather(*(ask(server, fresh_address(), request) for request in batch))
            for request, answer in zip(batch, answers, strict=True):
                statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
                answered += bool(statuses)
                assert all(status < 500 for status in statuses), (request[:3000], answer[:3000])
                for sign in (b"Traceback", b"site-packages", b"sqlalchemy", b"Quintessence", victim.email.encode()):
                    assert sign not in answer, (request[:3000], answer[:3000])
        assert answered > REQUESTS / 2
        watch.assert_nothing_happened()
    if who == "half logged in":
        assert attacker.row("account_session", "count(ended_at)") == attacker.row("account_session", "count(*) - 1")
    await assert_victim_is_well(victim, "Rouen")

"""Access by IP address, against a running server: from several addresses of this machine, and through proxies."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from netim_app.features.ip_restriction.rules.spans import MAX_RULES
from netim_app.infra.rate_limit import RECOVERY_PER_ADDRESS
from tests.kit.harness import PASSWORD, Client, Server, customer, link_in, running
from tests.kit.ip_restriction import HOME, OFFICE, REFUSED, restrict, try_login
from tests.kit.pages import SECURITY
from tests.kit.two_factor import Owner, give_code, give_password

PROXY = "127.0.0.9"


class ServerOnSix(Server):
    """One that listens on the loopback address of IPv6."""

    @property
    def address(self) -> str:
        return f"http://[::1]:{self.port}"


def is_on(server: Server, email: str) -> bool:
    return bool(
        server.query(
            "SELECT 1 FROM ip_restriction JOIN account ON account.id = account_id WHERE account.email = :e", e=email
        )
    )


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes what a proxy at 127.0.0.9 says."""
    with running(tmp_path_factory.mktemp("proxied"), env={"NETIM_TRUSTED_PROXIES": f"{PROXY}/32"}) as started:
        yield started


@pytest.fixture
async def anna(server: Server, email: str) -> AsyncIterator[Client]:
    """Logged in at home."""
    async with Client(server, local_address=HOME) as client:
        await client.log_in(email)
        yield client


async def test_ip_paths_login(server: Server, email: str) -> None:
    restrict(server, email, HOME, "203.0.113.77")
    async with Client(server, local_address=OFFICE) as stranger:
        wrong = await try_login(stranger, email, "not the password 1")
        unknown = await try_login(stranger, "nobody@example.com")
        assert wrong == unknown != REFUSED  # who has no password learns of no rules
        for _ in range(2):
            assert await try_login(stranger, email) == REFUSED
        assert "203.0.113" not in str(stranger.heard)
    server.wait_for_mail(email, subject="refused")
    assert len([m for m in server.mails(email) if "refused" in str(m["subject"])]) == 1
    assert server.log.count("login_blocked") >= 2
    async with Client(server, local_address=HOME) as owner:
        assert await try_login(owner, email) == ""


async def test_ip_lockout_needs_a_word_of_the_customer(server: Server, anna: Client, email: str) -> None:
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    assert anna.vars["IpRestrictionState.here"] == HOME
    await anna.call("IpDialogState.add", form={"address": OFFICE, "note": "Office"})
    await anna.call("IpDialogState.begin_switch")
    await anna.call("IpDialogState.switch", form={})
    assert anna.vars["IpDialogState.locks_out"] is True
    assert not is_on(server, email)
    await anna.call("IpRestrictionState.add_here")
    await anna.call("IpDialogState.begin_switch")
    await anna.call("IpDialogState.switch", form={})
    assert is_on(server, email)
    await anna.call("IpTestState.submit", form={"address": "::ffff:127.0.0.2"})
    assert (anna.vars["IpTestState.address"], anna.vars["IpTestState.rule"]) == (OFFICE, OFFICE)


async def test_ip_live(server: Server, anna: Client, email: str) -> None:
    """Open sessions: the next event, page and reconnect from elsewhere are refused; at home they go on."""
    async with Client(server, local_address=OFFICE) as other:
        await other.log_in(email)
        restrict(server, email, HOME)
        marker = len(other.heard)
        await other.call("LoginAlertsState.switch", on=True)
        await other.call("ShellState.open_account_page")
        assert any("refused=1" in path for path in other.redirects())
        assert "Martin" not in str(other.heard[marker:])
        assert other.vars["ShellState.customer_name"] == ""
        assert other.vars["IpRestrictionState.rules"] == []
        await other.connect(SECURITY)
        await other.call("ShellState.open_account_page")
        assert other.vars["ShellState.ready"] is False
        assert server.query("SELECT count(*) FROM login_alert WHERE setting <> 'off'") == [0]
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.customer_name"] == "Anna Martin"


async def test_ip_live_stolen_cookie(server: Server, anna: Client, email: str) -> None:
    restrict(server, email, HOME)
    names = {c.name: str(c.value) for c in anna.http.cookies.jar}
    async with Client(server, local_address=OFFICE, cookies=names) as thief:
        await thief.connect(SECURITY)
        await thief.call("ShellState.open_account_page")
        assert thief.vars["ShellState.ready"] is False
        assert "Martin" not in str(thief.heard)


async def test_ip_paths_ticket_taken_elsewhere(server: Server, email: str) -> None:
    async with Client(server, local_address=OFFICE) as client:
        await client.load("/login")
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        restrict(server, email, HOME)
        answer = await client.redeem(ticket)
        assert answer.headers["location"] == "/login?again=1"
        assert not client.session_cookie


async def test_ip_paths_reset(server: Server, email: str) -> None:
    restrict(server, email, HOME)
    before = server.query("SELECT password_hash FROM account WHERE email = :e", e=email)
    async with Client(server, local_address=OFFICE) as client:
        await client.load("/forgot-password")
        await client.call("ForgotState.submit", form={"email": email})
        token = link_in(server.wait_for_mail(email, subject="assword")).partition("#")[2]
        form = {"token": token, "password": "copper window giraffe 77"}
        await client.call("ResetState.submit", form=form)
        assert client.vars["ResetState.errors"] == {"": REFUSED}
    assert server.query("SELECT password_hash FROM account WHERE email = :e", e=email) == before
    async with Client(server, local_address=HOME) as client:
        await client.load("/reset-password")
        await client.call("ResetState.submit", form=form)
        assert client.vars["ResetState.done"] is True


SPOOFS: list[dict[str, str]] = [
    {"X-Forwarded-For": HOME},
    {"X-Forwarded-For": f"{HOME}, {HOME}"},
    {"X-Real-IP": HOME, "True-Client-IP": HOME, "CF-Connecting-IP": HOME, "X-Client-IP": HOME},
    {"Forwarded": f"for={HOME}"},
    {"X-Forwarded-For": HOME, "x-forwarded-for": f"{HOME}, {HOME}", "X-FORWARDED-FOR": HOME},
]


@pytest.mark.parametrize("headers", SPOOFS, ids=str)
async def test_ip_spoof(server: Server, email: str, headers: dict[str, str]) -> None:
    restrict(server, email, HOME)
    async with Client(server, local_address=OFFICE, headers=headers) as liar:
        assert await try_login(liar, email) == REFUSED
    async with Client(server, local_address=HOME, headers=dict.fromkeys(headers, OFFICE)) as owner:
        assert await try_login(owner, email) == ""


@pytest.mark.parametrize(
    ("first", "last", "let_in"), [("198.51.100.1", "203.0.113.7", True), ("203.0.113.7", "198.51.100.1", False)]
)
async def test_ip_spoof_by_several_header_lines(
    behind_proxy: Server, new_email: Callable[[], str], first: str, last: str, let_in: bool
) -> None:
    """Our proxy adds its part last, in a line of its own or not; the lines before it are the client's."""
    email = behind_proxy.create_account(new_email())
    restrict(behind_proxy, email, "203.0.113.0/24")
    lines = {"X-Forwarded-For": first, "x-forwarded-for": last}
    async with Client(behind_proxy, local_address=PROXY, headers=lines) as client:
        assert (await try_login(client, email) == "") is let_in


@pytest.mark.parametrize(
    ("peer", "forwarded", "let_in"),
    [
        (PROXY, "203.0.113.7", True),
        (PROXY, "::ffff:203.0.113.7", True),
        (PROXY, "198.51.100.1, 203.0.113.7", True),
        (PROXY, "203.0.113.7, 198.51.100.1", False),  # what the client wrote is on the left
        (PROXY, "198.51.100.1", False),
        (PROXY, "unknown", False),
        (PROXY, None, False),
        (PROXY, "203.0.113.7,", False),
        (OFFICE, "203.0.113.7", False),  # no proxy of ours
        (PROXY, "2001:db8::5", True),
        (PROXY, "2001:db9::5", False),
    ],
)
async def test_ip_spoof_through_a_proxy(
    behind_proxy: Server, new_email: Callable[[], str], peer: str, forwarded: str | None, let_in: bool
) -> None:
    email = behind_proxy.create_account(new_email())
    restrict(behind_proxy, email, "203.0.113.0/24", "2001:db8::/32")
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    async with Client(behind_proxy, local_address=peer, headers=headers) as client:
        assert (await try_login(client, email) == "") is let_in


async def test_ip_version_six(tmp_path: Any) -> None:
    six = ServerOnSix(tmp_path / "six", env={"NETIM_HOST": "::1"})
    try:
        six.start()
        email = six.create_account("six@example.com")
        restrict(six, email, "::1")
        async with Client(six, local_address="::1") as client:
            assert await try_login(client, email) == ""
        other = six.create_account("other@example.com")
        restrict(six, other, "0.0.0.1", "127.0.0.1", "::2/127")
        async with Client(six, local_address="::1") as client:
            assert await try_login(client, other) == REFUSED
    finally:
        six.stop()
        six.close()


async def test_idor_ip_rules(server: Server, anna: Client, email: str, new_email: Callable[[], str]) -> None:
    victim = server.create_account(new_email())
    restrict(server, victim, "203.0.113.0/24", on=False)
    (rule,) = server.query(
        "SELECT ip_rule.id FROM ip_rule JOIN account a ON a.id = account_id WHERE email = :e", e=victim
    )
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    for wrong in (rule, 987654):
        await anna.call("IpDialogState.begin_remove", rule_id=wrong)
        await anna.call("IpDialogState.remove", form={"confirmed": "on", "rule_id": wrong})
        assert anna.vars["ShellState.notice"] == "This rule is no longer on the list."
        assert anna.vars["IpDialogState.dialog"] == ""
    assert server.query("SELECT count(*) FROM ip_rule WHERE id = :id", id=rule) == [1]
    assert "203.0.113" not in str(anna.heard)


async def test_ip_lockout_needs_a_fresh_proof(server: Server, anna: Client, email: str) -> None:
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    server.move_clock(11 * 60)
    before = server.dump("account_session", "outbox_message")
    for handler, payload in {
        "IpRestrictionState.add_here": {},
        "IpDialogState.add": {"form": {"address": "203.0.113.1"}},
        "IpDialogState.begin_switch": {},
        "IpDialogState.switch": {"form": {"confirmed": "on"}},
        "IpDialogState.begin_remove": {"rule_id": 1},
        "IpDialogState.remove": {"form": {"confirmed": "on"}},
    }.items():
        await anna.call("StepUpState.close")
        await anna.call(handler, **payload)
        assert anna.vars["StepUpState.open"] is True, handler
    assert server.dump("account_session", "outbox_message") == before


async def test_ip_lockout_unlock(server: Server, email: str) -> None:
    restrict(server, email, "203.0.113.0/24")
    async with Client(server, local_address=HOME) as client:
        assert await try_login(client, email) == REFUSED
        done = server.netim("unlock", email)
        assert done.returncode == 0, done.stderr
        assert not is_on(server, email)
        assert await try_login(client, email) == ""
    server.wait_for_mail(email, subject="unlocked")
    assert not any("IP restriction is off" in str(mail["subject"]) for mail in server.mails(email)), "one mail says all"


async def test_ip_paths_code(server: Server, new_email: Callable[[], str]) -> None:
    """Between password and code the list is switched on, or the customer goes elsewhere: no code is looked at."""
    email = new_email()
    async with customer(server, email, local_address=HOME) as client:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        owner = Owner(server, client, email)
        await owner.enable()
        async with Client(server, local_address=OFFICE) as away:
            await give_password(away, email)
            assert away.vars["LoginState.needs_code"]
            restrict(server, email, HOME, "203.0.113.77")
            assert await give_code(away, owner.code()) == ""
            assert away.vars["LoginState.errors"] == {"": REFUSED}
            assert owner.row("failed_code_count") == [0]
            assert "203.0.113" not in str(away.heard)
            assert "code_refused" in server.log
        async with Client(server, local_address=HOME) as home:
            await give_password(home, email)
            assert await give_code(home, owner.code())


async def test_ip_paths_change_of_address(
    server: Server, anna: Client, email: str, new_email: Callable[[], str]
) -> None:
    """The link in the new mailbox works from the listed address only."""
    new = new_email()
    await anna.call("EmailState.submit", form={"email": new})
    link = link_in(server.wait_for_mail(new, subject="Confirm")).partition("#")[2]
    restrict(server, email, HOME)
    async with Client(server, local_address=OFFICE) as away:
        await away.load("/verify-email")
        await away.call("VerifyState.submit", form={"token": link, "password": PASSWORD})
        assert away.vars["VerifyState.errors"] == {"": REFUSED}
    assert server.query("SELECT count(*) FROM account WHERE email = :e", e=new) == [0]
    await anna.call("VerifyState.submit", form={"token": link})
    assert anna.vars["VerifyState.done"] == "email_change"


async def test_ip_edges_of_a_list_that_is_full(server: Server, anna: Client, email: str) -> None:
    """As many rules as there may be: one more is refused in words, and first and last of them still decide."""
    *most, last = [f"203.0.{number // 250}.{number % 250 + 1}" for number in range(MAX_RULES)]
    restrict(server, email, *most, on=False)
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    await anna.call("IpDialogState.add", form={"address": last, "note": ""})
    assert anna.vars["IpDialogState.errors"] == {}
    for _ in range(3):
        await anna.call("IpDialogState.add", form={"address": "198.51.100.1", "note": ""})
        assert str(MAX_RULES) in anna.vars["IpDialogState.errors"]["address"]
    assert len(anna.vars["IpRestrictionState.rules"]) == MAX_RULES
    for address, inside in {most[0]: True, last: True, "198.51.100.1": False, "203.0.0.0": False}.items():
        await anna.call("IpTestState.submit", form={"address": address})
        assert bool(anna.vars["IpTestState.rule"]) is inside, address
    await anna.call("IpDialogState.begin_remove", rule_id=anna.vars["IpRestrictionState.rules"][0]["id"])
    await anna.call("IpDialogState.remove", form={})
    await anna.call("IpDialogState.add", form={"address": "198.51.100.1", "note": ""})
    assert anna.vars["IpDialogState.errors"] == {}, "there is room again"


async def test_a_pasted_list_of_200_is_one_change_one_mail_and_one_line(
    server: Server, anna: Client, email: str
) -> None:
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    await anna.call("IpListState.begin")
    assert anna.vars["IpListState.room"] == MAX_RULES
    rules = "\n".join(f"10.0.{number}.1 # Office {number}" for number in range(MAX_RULES))
    await anna.call("IpListState.check", form={"list": rules + "\n10.1.0.1"})
    assert f"you pasted {MAX_RULES + 1}" in anna.vars["IpListState.errors"]["list"]
    await anna.call("IpListState.check", form={"list": rules})
    assert (anna.vars["IpListState.step"], anna.vars["IpListState.new"]) == ("check", MAX_RULES)
    await anna.call("IpListState.add")
    assert len(anna.vars["IpRestrictionState.rules"]) == MAX_RULES
    server.wait_for_mail(email, subject=f"{MAX_RULES} rules were added")
    assert len([mail for mail in server.mails(email) if "IP restriction" in str(mail["subject"])]) == 1
    [line] = [line for line in server.log.splitlines() if "ip_rules_added" in line]
    assert "10.0.0.1" in line
    assert f"10.0.{MAX_RULES - 1}.1" in line


async def test_a_list_that_is_far_too_long_or_no_list_at_all_is_refused(server: Server, anna: Client) -> None:
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    await anna.call("IpListState.begin")
    for wrong in ("1," * 60_000, ["192.0.2.1"], None, {"a": 1}, 5):
        await anna.call("IpListState.check", form={"list": wrong})
        assert anna.vars["IpListState.step"] == "write"
        assert list(anna.vars["IpListState.errors"]) == ["list"]
    await anna.call("IpListState.check", form={"list": "192.0.2.1"})
    assert anna.vars["IpListState.step"] == "check"


EDGES = {
    "203.0.113.7/32": "203.0.113.7",
    "203.0.113.6/31": "203.0.113.6/31",
    "2001:db8::1/128": "2001:db8::1",
    "2001:db8::/127": "2001:db8::/127",
    "::ffff:203.0.113.9": "203.0.113.9",
    "198.51.100.1 - 198.51.100.9": "198.51.100.1 - 198.51.100.9",
}
NO_EDGES = (
    "0.0.0.0/0",
    "::/0",
    "203.0.113.7/24",
    "198.51.100.9 - 198.51.100.1",
    "10.0.0.1 - ::1",
    "010.0.0.1",
    "fe80::1%eth0",
)
INSIDE = {
    "203.0.113.6": True,
    "203.0.113.7": True,
    "203.0.113.8": False,
    "198.51.100.1": True,
    "198.51.100.9": True,
} | {
    "198.51.100.0": False,
    "198.51.100.10": False,
    "2001:db8::1": True,
    "2001:db8::2": False,
}


async def test_ip_edges(server: Server, anna: Client) -> None:
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    for entry in EDGES:
        await anna.call("IpDialogState.add", form={"address": entry, "note": ""})
        assert anna.vars["IpDialogState.errors"] == {}, entry
    assert {rule["text"] for rule in anna.vars["IpRestrictionState.rules"]} == set(EDGES.values())
    for entry in NO_EDGES:
        await anna.call("IpDialogState.add", form={"address": entry, "note": ""})
        assert list(anna.vars["IpDialogState.errors"]) == ["address"], entry
    assert len(anna.vars["IpRestrictionState.rules"]) == len(EDGES)
    for address, inside in INSIDE.items():
        await anna.call("IpTestState.submit", form={"address": address})
        assert bool(anna.vars["IpTestState.rule"]) is inside, address


async def test_ip_failclosed(behind_proxy: Server, new_email: Callable[[], str]) -> None:
    """Through the proxy without an address that can be read: locked out where a list is on, and only there."""
    guarded, open_to_all = (behind_proxy.create_account(new_email()) for _ in range(2))
    restrict(behind_proxy, guarded, "203.0.113.0/24")
    for forwarded in (
        "",
        "unknown",
        "203.0.113.7:x",
        "203.0.113.7,",
        "fe80::1%eth0",
        "0x7f.1",
        '"203.0.113.7',
        "[203.0.113.7",
    ):
        async with Client(behind_proxy, local_address=PROXY, headers={"X-Forwarded-For": forwarded}) as client:
            assert await try_login(client, guarded) != "", forwarded
            assert await try_login(client, open_to_all) == "", forwarded
    for forwarded in ("203.0.113.7", "203.0.113.7:80", '"203.0.113.7:80"', "[::ffff:203.0.113.7]:80"):
        async with Client(behind_proxy, local_address=PROXY, headers={"X-Forwarded-For": forwarded}) as client:
            assert await try_login(client, guarded) == "", forwarded


async def test_what_a_proxy_does_not_tell_is_told_to_the_operator_and_is_one_budget_for_nobody(
    behind_proxy: Server, new_email: Callable[[], str]
) -> None:
    """The 21st customer who asked for a reset link was refused, without a line about it."""
    logged = behind_proxy.log.count("client_address.unread")
    assert logged <= 1
    async with Client(behind_proxy, local_address=PROXY, headers={"X-Forwarded-For": "unknown"}) as client:
        await client.load("/forgot-password")
        for _ in range(RECOVERY_PER_ADDRESS.amount + 1):
            email = new_email()
            await client.call("ForgotState.submit", form={"email": email})
            assert client.vars["ForgotState.sent_to"] == email
        (warning,) = (await client.http.get("/healthz")).json()["warnings"]
    assert warning.startswith(f"{PROXY} (NETIM_TRUSTED_PROXIES)")
    assert behind_proxy.log.count("client_address.unread") == 1


@pytest.mark.parametrize("added", ["203.0.113.77", "client-x"])
async def test_bf_xff_through_a_proxy_that_appends(
    behind_proxy: Server, new_email: Callable[[], str], added: str
) -> None:
    """With any entries, and any number of them, to the left of what our proxy adds, limits count one client."""
    seen = set()
    for number in range(3):
        written = [f"word-{number}-{entry}" for entry in range(10)] + ["1.1.1.1"] * 50
        email, begun = behind_proxy.create_account(new_email()), len(behind_proxy.log)
        async with Client(
            behind_proxy, local_address=PROXY, headers={"X-Forwarded-For": ", ".join([*written, added])}
        ) as client:
            assert await try_login(client, email) == ""
        seen |= set(re.findall(r"\bip=([\w.-]+)", behind_proxy.log[begun:]))
    assert len(seen - {PROXY}) == 1, seen
    assert (added in seen) is (added == "203.0.113.77")


async def test_who_asks_for_health_needs_no_address(server: Server) -> None:
    """A monitor, or the proxy itself, past the proxy; and clients who come without one are no matter of the log."""
    async with Client(server, headers={"X-Forwarded-For": "unknown"}) as client:
        await client.load("/login")
        assert "warnings" not in (await client.http.get("/healthz")).json()
    assert "client_address.unread" not in server.log

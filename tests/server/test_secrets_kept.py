"""Seeds and backup codes: where they lie, how long, and what happens when they are found or damaged."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from sqlalchemy import text

from tests.kit.harness import PASSWORD, Client, Server, customer, running
from tests.kit.pages import SECURITY
from tests.kit.two_factor import NEW_CODES, WIZARD, Owner, give_code, give_password, owner, plain
from tests.server.conftest import page_states

__all__ = ["owner", "plain"]
WRONG = "wrong " + PASSWORD
KEY, NEXT_KEY = "the first secret key of this server, long", "the second secret key of this server, long"


async def open_security(client: Client) -> None:
    await client.connect(SECURITY)
    await client.call("ShellState.open_account_page")


async def test_enrol_in_two_tabs_at_once(server: Server, plain: Owner) -> None:
    """Each tab has a secret of its own. One is confirmed; what the other has shown opens nothing, now or later."""
    async with Client(server, cookies=dict(plain.client.http.cookies)) as tab:
        await open_security(tab)
        second = Owner(server, tab, plain.email)
        plain.key, second.key = await plain.begin(), await second.begin()
        assert plain.key != second.key
        assert not plain.is_on
        await plain.client.redeem(await plain.confirm(plain.code()))
        assert plain.row("totp_authenticator") == [1]
        assert await second.confirm(second.code(), "Second") == "", "its session has another value by now"
        assert plain.row("totp_authenticator") == [1]
    plain.wait()
    await open_security(plain.client)
    assert plain.row("totp_enrolment", "session_id") in ([], plain.row("account_session", "id")[:1])
    marker = len(plain.client.heard)
    await plain.client.call(f"{WIZARD}.close")
    assert second.key not in str(plain.client.heard[marker:]), "and is never shown again"
    second.offset = plain.offset
    async with Client(server) as client:
        await give_password(client, plain.email)
        assert await give_code(client, second.code()) == ""
        assert await give_code(client, plain.code())


async def test_totp_at_rest_damage_and_rotation(tmp_path: Path) -> None:
    """A damaged row accepts nothing; with a new key the old one is still read; after `rotate-key` it is not needed."""
    server = Server(tmp_path, env={"NETIM_SECRET_KEY": KEY})

    async def restart(**env: str) -> None:
        await asyncio.to_thread(server.stop)
        server.close()
        server.env = env
        await asyncio.to_thread(server.start)

    async def opens(code: str) -> bool:
        async with Client(server) as client:
            await give_password(client, email)
            opened = bool(await give_code(client, code))
        owner.wait()
        return opened

    try:
        await asyncio.to_thread(server.start)
        async with customer(server, "anna@example.com") as client:
            email = "anna@example.com"
            await open_security(client)
            owner = Owner(server, client, email)
            await owner.enable()
        (sealed,) = owner.row("totp_authenticator", "sealed")
        change = text("UPDATE totp_authenticator SET sealed = :s")
        for damaged in (b"", sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"x" * len(sealed)):
            with server.units.writing_engine.begin() as connection:
                connection.execute(change, {"s": damaged})
            assert not await opens(owner.code())
            owner.wait(16 * 60)
        (line, *_) = [
            text for text in server.log.splitlines() if "event=vault.unreadable table=totp_authenticator" in text
        ]
        assert "level=error" in line
        assert await opens(owner.codes[0]), "the backup codes are whole"
        with server.units.writing_engine.begin() as connection:
            connection.execute(change, {"s": sealed})
        assert await opens(owner.code())

        await restart(NETIM_SECRET_KEY=NEXT_KEY)
        assert not await opens(owner.code()), "a key that fits nothing opens nothing"
        await restart(NETIM_SECRET_KEY=NEXT_KEY, NETIM_SECRET_KEY_OLD=KEY)
        owner.wait(16 * 60)
        assert await opens(owner.code())
        done = await asyncio.to_thread(server.netim, "rotate-key")
        assert done.returncode == 0, done.stderr
        assert owner.row("totp_authenticator", "sealed") != [sealed]
        await restart(NETIM_SECRET_KEY=NEXT_KEY)
        assert await opens(owner.code())
        assert await opens(owner.codes[1])
    finally:
        server.stop()
        server.close()


async def test_state_store_holds_no_secret_of_a_customer_with_two_factor(
    tmp_path: Path, redis: Redis, new_email: Callable[[], str]
) -> None:
    """After a whole visit: no password, typed or right, no code, key or backup code; and after it nothing personal."""
    with running(tmp_path / "var", env={"NETIM_REDIS_URL": redis.url}) as server:
        email = new_email()
        async with customer(server, email) as client, Client(server) as thief:
            await open_security(client)
            owner = Owner(server, client, email)
            await owner.enable()
            cookies = [client.session_cookie]
            await client.call("PasswordState.submit", form={"current": WRONG, "password": "short"})
            proof = {"password": PASSWORD, "code": owner.code()}
            used = proof["code"]
            await client.redeem(await client.ticket("StepUpState.submit", form=proof))
            cookies.append(client.session_cookie)
            await open_security(client)
            codes = owner.codes + await owner.new_codes()
            await give_password(thief, email)
            await give_code(thief, "918273")
            content = b"".join(page_states(redis).values())
            assert b"Martin" in content
            grouped = " ".join(re.findall("....", owner.key))
            for secret in (PASSWORD, WRONG, owner.key, grouped, *cookies, "otpauth://", "data:image/svg"):
                assert secret.encode() not in content
            for code in (*codes, used, "918273"):
                assert not re.search(rb"(?<![\w.])%b(?![\w])" % code.encode(), content)

            await client.log_out()
            await client.load("/login")
            await client.call("LoginState.open_page")
            content = b"".join(page_states(redis).values())
            assert b"Martin" not in content, "the state of an ended session is emptied"
            assert email.encode() not in content
            await give_password(client, email)
            owner.wait()
            assert await give_code(client, owner.code())


async def test_bc_store_the_same_code_lies_differently_in_each_set(server: Server, owner: Owner) -> None:
    """The key of a set is its salt: who reads the database cannot compare, nor try a million codes without it."""
    before = set(owner.row("backup_code", "digest"))
    keys = owner.row("backup_code_set", "sealed")
    fresh = await owner.new_codes()
    after = set(owner.row("backup_code", "digest"))
    assert len(before) == len(after) == 10
    assert not before & after
    assert owner.row("backup_code_set", "sealed") != keys
    dumped = str(server.dump("backup_code_set"))
    for code in fresh:
        for plain_text in (code, code.encode().hex()):
            assert f"'{plain_text}'" not in dumped
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, fresh[-1])


async def test_bc_once_old_sets_and_foreign_codes(server: Server, owner: Owner, new_email: Callable[[], str]) -> None:
    """Only an unused code of one's own present set works."""
    async with customer(server, new_email()) as client:
        await open_security(client)
        other = Owner(server, client, client.vars["ProfileState.email"])
        other.offset = owner.offset
        await other.enable()
        owner.offset = other.offset
    old, fresh = owner.codes, await owner.new_codes()
    async with Client(server) as client:
        await give_password(client, owner.email)
        for code in (next(c for c in old if c not in fresh), next(c for c in other.codes if c not in fresh)):
            assert await give_code(client, code) == ""
        assert await give_code(client, fresh[0])
    assert owner.row("backup_code", "count(used_at)") == [1]
    assert other.row("backup_code", "count(used_at)") == [0]


async def test_bc_regen_is_transient_vars_and_the_rest_is_counted(server: Server, owner: Owner) -> None:
    """The codes come with the answer that makes them. Every session shows, after each use, how many are left."""
    fresh = await owner.new_codes()
    assert len(set(fresh)) == 10
    assert all(re.fullmatch("[0-9]{6}", code) for code in fresh)
    marker = len(owner.client.heard)
    await owner.client.settle()
    await owner.client.call(f"{NEW_CODES}.finish", form={"saved": "on"})
    await open_security(owner.client)
    later = str(owner.client.heard[marker:])
    assert not [code for code in fresh if f"'{code}'" in later]
    assert owner.client.vars["BackupCodesState.left"] == 10
    async with Client(server) as client:
        await give_password(client, owner.email)
        await client.redeem(await give_code(client, fresh[3]))
        await open_security(client)
        assert client.vars["BackupCodesState.left"] == 9
    await open_security(owner.client)
    assert owner.client.vars["BackupCodesState.left"] == 9


async def test_gauge_falls_when_the_second_factor_goes(owner: Owner) -> None:
    """Counted on the server from what is stored: enabling raises it, disabling takes it back."""
    client = owner.client
    await open_security(client)
    high = client.vars["GaugeState.percent"]
    assert "totp" not in client.vars["GaugeState.gains"]
    await client.redeem(await owner.disable(owner.code()))
    await open_security(client)
    assert "totp" in client.vars["GaugeState.gains"]
    assert client.vars["GaugeState.percent"] < high

"""How passwords are kept: in the database, in the page states, in the log and in mails."""

import asyncio
from pathlib import Path

from redis import Redis

from netim_app.identity import passwords
from tests.kit.harness import PASSWORD, Client, Server, link_in
from tests.server.conftest import page_states

NEW, RESET = "fresh 5 harbours at dawn", "late 6 thistles by night"
WRONG = "wrong " + PASSWORD


def hash_of(server: Server, email: str) -> str:
    (found,) = server.query("SELECT password_hash FROM account WHERE email = :e", e=email)
    return str(found)


async def sign_up(server: Server, client: Client, email: str) -> None:
    """The whole way: form, mail, link."""
    await client.load("/signup")
    form = {"email": email, "first_name": "Anna", "last_name": "Martin", "password": PASSWORD}
    await client.call("SignUpState.submit", form=form)
    assert server.query("SELECT substr(password_hash, 1, 7) FROM sign_up WHERE email = :e", e=email) == ["$2b$05$"]
    mail = await asyncio.to_thread(server.wait_for_mail, email)
    await client.call("VerifyState.submit", form={"token": link_in(mail).partition("#")[2], "password": PASSWORD})
    assert client.vars["VerifyState.done"] == "sign_up"


async def can_log_in(server: Server, email: str, password: str) -> bool:
    async with Client(server) as client:
        await client.load("/login")
        return bool(await client.ticket("LoginState.submit", form={"email": email, "password": password}))


async def test_pw_hash(tmp_path: Path, redis: Redis) -> None:
    """Every way by which a password comes in; then the cost is raised; then a look at all that was kept."""
    anna, bert, chloe = "anna@example.com", "bert@example.com", "chloe@example.com"
    server = Server(tmp_path, env={"NETIM_BCRYPT_COST": "5", "NETIM_REDIS_URL": redis.url})
    heard = []
    try:
        server.start()
        for email in (anna, bert, chloe):
            async with Client(server) as client:
                await sign_up(server, client, email)
                heard += client.heard
        async with Client(server) as client:
            await client.log_in(bert)
            await client.call("StepUpState.submit", form={"password": WRONG})
            form = {"current": PASSWORD, "password": NEW}
            await client.redeem(await client.ticket("PasswordState.submit", form=form))
            heard += client.heard
        async with Client(server) as client:
            await client.load("/forgot-password")
            await client.call("ForgotState.submit", form={"email": chloe})
            mail = await asyncio.to_thread(server.wait_for_mail, chloe, 1, "password")
            form = {"token": link_in(mail).partition("#")[2], "password": RESET}
            await client.call("ResetState.submit", form=form)
            assert client.vars["ResetState.done"]
            heard += client.heard

        hashes = {email: hash_of(server, email) for email in (anna, bert, chloe)}
        for (email, password), other in zip(
            ((anna, PASSWORD), (bert, NEW), (chloe, RESET)), (bert, chloe, anna), strict=True
        ):
            assert hashes[email].startswith("$2b$05$"), "bcrypt, with the cost that is configured"
            assert passwords.password_matches(password, hashes[email])
            assert not passwords.password_matches(password, hashes[other])
            assert await can_log_in(server, email, password)
        rows = server.query("SELECT password_hash FROM account UNION ALL SELECT password_hash FROM sign_up")
        assert len({str(row)[:29] for row in rows}) == len(rows) >= 3, "no two with the same salt"

        states = [*page_states(redis).values()]
        assert any(anna.encode() in state for state in states), "they can be read, and are those of this test"
        server.stop()
        server.env["NETIM_BCRYPT_COST"] = "7"
        server.start()
        assert not await can_log_in(server, anna, WRONG)
        assert hash_of(server, anna) == hashes[anna], "only who knows the password gets another hash"
        assert await can_log_in(server, anna, PASSWORD)
        raised = hash_of(server, anna)
        assert raised.startswith("$2b$07$")
        assert passwords.password_matches(PASSWORD, raised)
        assert (hash_of(server, bert), hash_of(server, chloe)) == (hashes[bert], hashes[chloe])
        assert await can_log_in(server, anna, PASSWORD)
        assert hash_of(server, anna) == raised, "once is enough"
        states += page_states(redis).values()
    finally:
        server.stop()
        server.close()

    def kept() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    files = await asyncio.to_thread(kept)
    assert {"log", "netim.db"} <= {Path(name).name for name in files}
    assert any(name.endswith(".eml") for name in files)
    for secret in (PASSWORD, NEW, RESET, WRONG):
        assert secret not in str(heard), "nothing is sent back"
        for content in (*files.values(), *states):
            assert secret.encode() not in content

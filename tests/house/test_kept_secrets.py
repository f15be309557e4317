"""The look for secrets that ends each server test: it finds what is there, and nothing else."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from netim_app.settings import DEVELOPMENT_SECRET
from tests.kit.harness import PASSWORD, Client, Server, redis_server
from tests.kit.kept_secrets import Secrets

TOKEN = "dGhpcyBpcyBhIHRva2VuIG9mIDI1NiBiaXRzLi4uLjA"
LINK = "bGlua3MgYXJlIHRva2VucyBvZiAyNTYgYml0cywgdG8"
SEED = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """One that has run, with a client that has used everything there is."""
    server = Server(tmp_path)
    (tmp_path / "log").write_text("level=info event=logged_in account_id=12\n")
    (tmp_path / "netim.db").write_bytes(b"\xff\x00 account anna@example.com")
    client = Client(server, cookies={"netim_session": TOKEN})
    client.packet("x.___y", {"form": {"email": "anna@example.com", "password": PASSWORD, "code": "391827"}})
    for var, value in {"ticket": TOKEN[::-1], "key_text": SEED, "codes": ["482913", "573920"]}.items():
        client._hear({"delta": {"a____b": {f"{var}_rx_state_": value}}})
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "anna@example.com", "A new password"
    mail.set_content(f"Open https://account.netim.example/reset-password#{LINK}\n")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.eml").write_bytes(bytes(mail))
    return server


def test_a_server_that_keeps_nothing_may_close(server: Server) -> None:
    server.close()


@pytest.mark.parametrize(
    "secret",
    [PASSWORD, f"{PASSWORD} 7", TOKEN, LINK, SEED, SEED.replace(" ", ""), "391827", "573920", DEVELOPMENT_SECRET],
)
def test_a_secret_in_the_log_fails_the_test(server: Server, secret: str) -> None:
    with (server.folder / "log").open("a") as log:
        log.write(f'message="typed {secret} here"\n')
    with pytest.raises(AssertionError, match="in the log"):
        server.close()


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN, TOKEN[::-1], LINK, SEED.replace(" ", ""), DEVELOPMENT_SECRET])
def test_a_secret_in_the_database_fails_the_test(server: Server, secret: str) -> None:
    (server.folder / "netim.db").write_bytes(b"\xfe" + secret.encode() + b"\xff")
    with pytest.raises(AssertionError, match="in the database"):
        server.close()


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN, LINK, SEED, "573920"])
def test_a_secret_in_the_state_store_fails_the_test(server: Server, secret: str) -> None:
    with redis_server(server.folder) as (redis, url):
        server.env["NETIM_REDIS_URL"] = url
        redis.set("a", b"\x80\x04\x06" + b"harmless" + b"\x94")
        server.close()
        redis.set("b", b"\x80\x04\x06" + secret.encode() + b"\x94")
        with pytest.raises(AssertionError, match="in the state store"):
            server.close()


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN, SEED, "573920"])
def test_a_secret_in_a_mail_fails_the_test(server: Server, secret: str) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "anna@example.com", "Hello"
    mail.set_content(f"é {secret}", cte="base64")
    (server.folder / "mail" / "2.eml").write_bytes(bytes(mail))
    with pytest.raises(AssertionError, match="in the mails"):
        server.close()


def test_what_only_looks_like_a_secret_is_none() -> None:
    secrets = Secrets()
    secrets.note_typed({"form": {"code": "391827", "password": "Zoe's house", "company": "Zoe's house", "token": "x"}})
    secrets.note_typed({"password": "short", "token": "A" * 43})
    text = f"12:00:00.391827 pid=1391827 a391827 #391827 Zoe's house short x {'A' * 43}"
    assert secrets.found_in("log", text) == []
    assert secrets.found_in("log", "code=391827") != []

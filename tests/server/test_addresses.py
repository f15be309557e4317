"""One person, one address: as people type it and as browsers send it, on the pages and on the command line."""

from collections.abc import Callable

import pytest

from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server
from tests.kit.login import link_from

NAMES = {"first_name": "Anna", "last_name": "Martin", "password": PASSWORD}
TYPED = "Anna@bücher-laden.fr"
AS_SENT = "anna@xn--bcher-laden-thb.fr"


async def test_an_international_address_logs_in_as_typed_and_as_sent(server: Server) -> None:
    async with Client(server) as client:
        await client.load("/signup")
        await client.call("SignUpState.submit", form={**NAMES, "email": AS_SENT})
        assert client.vars["SignUpState.sent_to"] == TYPED.lower(), "as people read it"
        token = await link_from(server, AS_SENT, page="verify-email")
        await client.call("VerifyState.submit", form={"token": token, "password": PASSWORD})
        assert client.vars["VerifyState.done"] == "sign_up"

        for email in (TYPED, AS_SENT, TYPED.upper(), f" {TYPED}.", "ａｎｎａ＠bücher-laden．fr"):
            assert await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD}), email
        assert not await client.ticket("LoginState.submit", form={"email": f"a.{TYPED}", "password": PASSWORD})

        await client.load("/signup")
        await client.call("SignUpState.submit", form={**NAMES, "email": TYPED})
        assert "account" in str(server.wait_for_mail(AS_SENT, 2)["subject"]), "there is one already"
        assert server.query("SELECT count(*) FROM account WHERE email_key = :key", key=AS_SENT) == [1]


async def test_the_operator_names_it_in_either_form(server: Server) -> None:
    """All commands look an account up by `operations.find_account` (identity); one of them starts here."""
    server.create_account("Zoe@bücher-laden.fr")

    done = server.netim("unlock", "zoe@xn--bcher-laden-thb.fr")

    assert done.returncode == 0, done.stderr
    assert server.wait_for_mail("zoe@xn--bcher-laden-thb.fr")


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("=?utf-8?q?a?=@example.com", "name@example.com"),
        ('"a b"@example.com', "name@example.com"),
        ("josé@example.com", "before the @"),
    ],
)
async def test_what_no_mail_can_be_sent_to_is_said_at_the_field(server: Server, email: str, said: str) -> None:
    async with Client(server) as client:
        await client.load("/signup")
        before = server.query("SELECT count(*) FROM outbox_message")
        await client.call("SignUpState.submit", form={**NAMES, "email": email})
        assert said in client.vars["SignUpState.errors"]["email"]
        assert client.vars["SignUpState.sent_to"] == ""
        await client.call("ForgotState.submit", form={"email": email})
        await client.call("LoginState.submit", form={"email": email, "password": PASSWORD})
    assert "incident" not in server.log
    assert server.query("SELECT count(*) FROM outbox_message") == before


async def test_what_is_no_address_is_said_at_login_and_costs_no_guess(
    server: Server, new_email: Callable[[], str]
) -> None:
    email = server.create_account(new_email())
    async with Client(server) as client:
        await client.load("/login")
        before = server.query("SELECT count(*) FROM attempt_window")
        await client.call("LoginState.submit", form={"email": "anna", "password": PASSWORD})
        assert list(client.vars["LoginState.errors"]) == ["email"]
        assert server.query("SELECT count(*) FROM attempt_window") == before
        assert await client.ticket("LoginState.submit", form={"email": f"\u200b{email}", "password": PASSWORD})


async def test_an_older_account_with_such_an_address_keeps_its_ways(server: Server) -> None:
    email = server.create_account("josé@example.com")
    async with Client(server) as client:
        await client.load("/login")
        assert await client.ticket("LoginState.submit", form={"email": "JOSÉ@example.com", "password": PASSWORD})
        await client.call("ForgotState.submit", form={"email": email})
        assert client.vars["ForgotState.sent_to"] == email
    # Python reads such a header as text, and not as an address.
    await until(lambda: email in [str(mail["to"]) for mail in server.mails()], 30)

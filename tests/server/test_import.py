"""`netim import`: customers of another system get accounts, and log in with the passwords that they have."""

import json
from pathlib import Path

import pytest

from tests.kit.harness import PASSWORD, Client, Server
from tests.kit.hashes import MAKERS
from tests.kit.login import WRONG, attempt, link_from
from tests.kit.pages import PERSONAL

HEADER = "email,first_name,language,password_hash,confirmed\n"


def report(stdout: str) -> list[str]:
    """The number and the result of each line, without the address and the reason."""
    return [f"{line.split()[0]} {line.split(chr(9))[2].partition(':')[0]}" for line in stdout.splitlines()]


def stored_hash(server: Server, email: str) -> str:
    return str(server.query("SELECT password_hash FROM account WHERE email = :e", e=email)[0])


@pytest.mark.parametrize("kind", MAKERS)
async def test_a_customer_logs_in_with_the_password_that_another_system_has_hashed(
    server: Server, tmp_path: Path, kind: str
) -> None:
    email, hashed = f"{kind}@example.org", MAKERS[kind](PASSWORD)
    file = tmp_path / "customers.csv"
    file.write_text(f'{HEADER}{email},Zoë,fr,"{hashed}",\n', "utf-8")

    done = server.netim("import", str(file))

    assert (done.returncode, report(done.stdout)) == (0, ["2 created"])
    assert hashed not in done.stdout + done.stderr
    assert stored_hash(server, email) == f"imported:{hashed}"
    async with Client(server) as stranger:
        await stranger.load("/login")
        assert not await attempt(stranger, email, WRONG)
    assert stored_hash(server, email) == f"imported:{hashed}"
    async with Client(server) as zoe:
        await zoe.log_in(email)
        await zoe.connect(PERSONAL)
        await zoe.call("ShellState.open_account_page")
        assert zoe.vars["ProfileState.email"] == email
        await zoe.connect("/account/connection-and-security")
        await zoe.call("ShellState.open_account_page")
        assert zoe.vars["PasswordState.from_elsewhere"]
    assert stored_hash(server, email).startswith("$2b$04$")
    of_account = "SELECT details FROM journal_entry WHERE account_id = (SELECT id FROM account WHERE email = :e)"
    details = map(json.loads, server.query(of_account, e=email))
    assert [each["summary"] for each in details if "summary" in each] == ["identity.summary.support_imported"]
    assert [mail["subject"] for mail in server.mails(email) if "login" not in str(mail["subject"]).lower()] == []


def test_a_bad_line_stops_no_other_and_a_second_run_adds_nothing(server: Server, tmp_path: Path) -> None:
    lines = [
        {"email": "one@example.org", "first_name": "One"},
        {"email": "two@example.org", "first_name": "Two", "password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"},
        {"email": "ONE@example.org", "first_name": "Another"},
        {"email": "\x1b[2J\tx\r\ny", "first_name": "Four"},
        {"email": "five@example.org", "first_name": "Five", "company": "Fünf GmbH"},
    ]
    file = tmp_path / "customers.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    tried = server.netim("import", str(file), "--dry-run")
    assert report(tried.stdout) == ["1 would be created", "2 refused", "3 refused", "4 refused", "5 would be created"]
    assert server.query("SELECT count(*) FROM account WHERE email LIKE '%@example.org' AND first_name = 'Five'") == [0]
    first = server.netim("import", str(file))
    second = server.netim("import", str(file))

    assert report(first.stdout) == ["1 created", "2 refused", "3 refused", "4 refused", "5 created"]
    assert report(second.stdout) == ["1 exists already", "2 refused", "3 refused", "4 refused", "5 exists already"]
    assert [run.returncode for run in (tried, first, second)] == [1, 1, 1]
    assert "2 created, 3 refused" in first.stderr
    assert "email: is that of line 1, too" in first.stdout
    assert "5f4dcc3b" not in first.stdout + first.stderr
    assert "4\t?[2J?x??y\trefused" in first.stdout
    assert server.query("SELECT company FROM account WHERE email = 'five@example.org'") == ["Fünf GmbH"]
    assert server.query("SELECT count(*) FROM account WHERE email_key = 'two@example.org'") == [0]


def test_a_file_of_another_form_changes_nothing(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "customers.txt"
    file.write_text("email,first_name,pasword_hash\nsix@example.org,Six,x\n")

    unnamed = server.netim("import", str(file))
    wrong = server.netim("import", str(file), "--format", "csv")
    lost = server.netim("import", str(tmp_path / "lost.csv"))

    assert [run.returncode for run in (unnamed, wrong, lost)] == [2, 2, 2]
    assert "unknown column: 'pasword_hash'" in wrong.stderr
    assert "Traceback" not in unnamed.stderr + wrong.stderr + lost.stderr
    assert server.query("SELECT count(*) FROM account WHERE email_key = 'six@example.org'") == [0]


async def test_who_is_not_confirmed_gets_a_link_where_that_is_asked_for(server: Server) -> None:
    email = "unconfirmed@example.org"
    text = f"{HEADER}{email},Uma,en,{MAKERS['bcrypt'](PASSWORD)},no\n"

    silent = server.netim("import", "-", "--format", "csv", stdin=text)
    assert (silent.returncode, report(silent.stdout)) == (1, ["2 refused"])
    assert server.query("SELECT count(*) FROM sign_up WHERE email = :e", e=email) == [0]
    asked = server.netim("import", "-", "--format", "csv", "--send-links", stdin=text)
    again = server.netim("import", "-", "--format", "csv", "--send-links", stdin=text)

    assert (asked.returncode, report(asked.stdout)) == (0, ["2 registered"])
    assert (again.returncode, report(again.stdout)) == (0, ["2 exists already"])
    token = await link_from(server, email, page="verify-email")
    async with Client(server) as uma:
        await uma.load("/verify-email")
        await uma.call("VerifyState.submit", form={"token": token, "password": PASSWORD})
        await uma.log_in(email)
    assert stored_hash(server, email).startswith("$2b$04$")

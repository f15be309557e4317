"""The commands of support on the server: `netim show`, `find`, `export`, `enable`, `delete`, `send-reset`."""

import json
import re
from pathlib import Path

from tests.kit.harness import Client, Server
from tests.kit.pages import PERSONAL


def summaries(server: Server, email: str) -> list[str]:
    """The acts of support in the customer's journal, oldest first."""
    of_account = "SELECT details FROM journal_entry WHERE account_id = (SELECT id FROM account WHERE email = :e)"
    details = map(json.loads, server.query(f"{of_account} ORDER BY number", e=email))
    return [each["summary"] for each in details if "support" in each.get("summary", "")]


async def test_an_account_is_shown_without_a_secret(server: Server, anna: Client, email: str) -> None:
    done = server.netim("show", email, "--json")
    found = json.loads(done.stdout)

    assert found["account"]["email"] == email
    assert found["state"]["disabled"] is False
    assert set(found["protections"]) == {"password", "totp", "login_alerts", "ip_restriction"}
    assert len(found["sessions"]) == 1
    assert found["journal"][0]["what"] == "Account looked at by Netim Direct"
    secrets = server.query("SELECT password_hash FROM account") + server.query(
        "SELECT token_digest FROM account_session"
    )
    plain = server.netim("show", email)
    assert plain.returncode == 0
    assert re.search(r"protections:\n  password: yes\n", plain.stdout)
    assert f"  email: {email}\n" in plain.stdout
    for text in (done.stdout, plain.stdout):
        assert not [secret for secret in secrets if secret in text]
    assert summaries(server, email) == ["identity.summary.support_viewed"] * 2


def test_accounts_are_found_by_a_part_of_the_address_or_the_name(server: Server, email: str) -> None:
    found = json.loads(server.netim("find", email.upper(), "--json").stdout)
    assert [row["email"] for row in found["accounts"]] == [email]
    assert summaries(server, email) == ["identity.summary.support_viewed"]
    assert email in server.netim("find", email.partition("@")[0]).stdout
    nobody = server.netim("find", "%")
    assert (nobody.returncode, nobody.stdout) == (1, "")


def test_an_export_is_a_new_file_or_standard_output(server: Server, email: str, tmp_path: Path) -> None:
    file = tmp_path / "data.json"

    assert server.netim("export", email, "--output", str(file)).returncode == 0
    assert json.loads(file.read_text())["data"]["identity"]["account"]["email"] == email
    assert file.stat().st_mode & 0o077 == 0
    again = server.netim("export", email, "--output", str(file))
    assert (again.returncode, "File exists" in again.stderr) == (1, True)
    assert summaries(server, email) == ["identity.summary.support_exported"], "nobody is told of one that was not made"
    assert json.loads(server.netim("export", email).stdout)["schema"] == "account-data"
    assert summaries(server, email) == ["identity.summary.support_exported"] * 2
    server.wait_for_mail(email, count=2, subject="Help with your")


async def test_closing_and_opening_again(server: Server, anna: Client, email: str) -> None:
    assert server.netim("disable", email).returncode == 0
    assert json.loads(server.netim("show", email, "--json").stdout)["state"]["disabled"] is True
    refused = server.netim("send-reset", email)
    assert (refused.returncode, "disabled" in refused.stderr) == (1, True)

    assert server.netim("enable", email).returncode == 0

    assert "nothing was changed" in server.netim("enable", email).stdout
    async with Client(server) as again:
        await again.log_in(email)
        await again.connect(PERSONAL)
        await again.call("ShellState.open_account_page")
        assert again.vars["ProfileState.email"] == email
    assert [key for key in summaries(server, email) if "viewed" not in key] == [
        "identity.summary.support_disabled",
        "identity.summary.support_enabled",
    ]
    server.wait_for_mail(email, count=2, subject="Help with your")


async def test_a_deletion_by_support_has_the_grace_and_can_be_taken_back(
    server: Server, anna: Client, email: str
) -> None:
    done = server.netim("delete", email)

    assert done.returncode == 0, done.stderr
    assert server.query("SELECT count(*) FROM account_session WHERE ended_at IS NULL AND account_id IN "
                        "(SELECT id FROM account WHERE email = :e)", e=email) == [0]  # fmt: skip
    mail = server.wait_for_mail(email, subject="Your account will be deleted on")
    assert "At your request" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "unless somebody logs in" in done.stdout
    assert "nothing was changed" in server.netim("delete", email).stdout
    assert server.netim("enable", email).returncode == 0
    server.wait_for_mail(email, subject="account stays")
    assert server.netim("disable", email).returncode == 0
    assert "unless `netim enable` opens it again" in server.netim("delete", email).stdout


def test_a_link_to_a_new_password_is_mailed(server: Server, email: str) -> None:
    assert server.netim("send-reset", email).returncode == 0

    assert server.wait_for_mail(email, subject="Choose a new password")
    assert summaries(server, email) == ["identity.summary.support_reset_sent"]

"""Commands for support: looking at an account, and helping its owner. Each is logged and recorded in the journal.

Each change and each export is also mailed to the customer.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from netim_app.commands.customers import account_of
from netim_app.commands.start import open_database
from netim_app.core.facts import Fact
from netim_app.features.own_data.facts import DeletionAsked
from netim_app.features.own_data.service import cancellation, deletion, document
from netim_app.identity import operations
from netim_app.identity.facts import SupportActed
from netim_app.identity.operations import OPERATOR
from netim_app.infra.unit_of_work import UnitOfWork

SHOWN = 10
"""How many journal entries and mails `show` prints."""
OF_ENTRY = ("number", "at", "what", "how", "address", "browser", "system")
Json = Annotated[bool, typer.Option("--json", help="For machines.")]


def show(email: str, as_json: Json = False) -> None:
    """Show an account: its state, protections, sessions, newest of the journal and mails. No secret is among it."""
    units = open_database()
    with units.write() as unit:
        account_id = account_of(unit, email)
        operations.note_and_notify(unit, account_id, "viewed", OPERATOR, by_mail=False)
    with units.read() as unit:
        found = _summary(unit, account_id)
    typer.echo(document.as_text(found).rstrip() if as_json else _in_lines(found))


def _summary(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    data = document.export(unit, account_id)["data"]
    identity = data["identity"]
    return {
        "account": {"id": account_id} | identity["account"],
        "state": operations.state_of(unit, account_id) | data.get("own_data", {}),
        "protections": operations.protections(unit, account_id),
        "sessions": [session for session in identity["sessions"] if session["ended_at"] is None],
        "journal": [{name: entry.get(name, "") for name in OF_ENTRY} for entry in data["journal"]["entries"][:SHOWN]],
        "mails": identity["mails"][: -SHOWN - 1 : -1],
    }


def _in_lines(found: dict[str, Any]) -> str:
    lines: list[str] = []
    for title, part in found.items():
        lines.append(f"{title}:")
        lines += [f"  {line}" for line in (_rows(part) or ["none"])]
    return "\n".join(lines)


def _rows(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [f"{name}: {_word(value)}" for name, value in part.items()]
    return [
        "  ".join(f"{name}={_word(value)}" for name, value in row.items() if value not in ("", None)) for row in part
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "-" if value in ("", None) else str(value)


def find(words: str, as_json: Json = False) -> None:
    """Find accounts by a part of their address or name."""
    with open_database().write() as unit:
        found, more = operations.find(unit, words)
        for row in found:
            operations.note_and_notify(unit, row["id"], "viewed", OPERATOR, by_mail=False)
    if as_json:
        typer.echo(document.as_text({"accounts": found, "more": more}).rstrip())
    else:
        for row in found:
            name = f"{row['first_name']} {row['last_name']}".strip()
            typer.echo(f"{row['id']}\t{row['email']}\t{name}\t{'disabled' if row['disabled'] else 'open'}")
        if more:
            typer.echo("there are more: use a longer part", err=True)
    if not found:
        typer.echo("no account has this in its address or name", err=True)
        raise typer.Exit(1)


def export(
    email: str, output: Annotated[Path | None, typer.Option(help="A new file; else standard output.")] = None
) -> None:
    """Write all data of an account, as the customer's own download has it."""
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        operations.note_and_notify(unit, account_id, "exported", OPERATOR)
        text = document.text_of(unit, account_id)
        if output is not None:
            _write_new(output, text)  # before the customer is notified
    typer.echo(text.rstrip() if output is None else f"wrote {output}")


def _write_new(path: Path, text: str) -> None:
    """Writes a new file. When it exists or cannot be written, it ends the command and leaves no partial file."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            path.unlink(missing_ok=True)
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(1) from error


def enable(email: str) -> None:
    """Open an account again that was disabled, or that was to be deleted."""
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        opened = operations.enable(unit, account_id, OPERATOR)
        kept = cancellation.take_back(unit, Fact(account_id=account_id, at=unit.now, origin=OPERATOR))
    if opened or kept:
        typer.echo(f"enabled {email}; the customer is notified by mail")
    else:
        typer.echo(f"{email} is open already: nothing was changed")


def delete(email: str) -> None:
    """Delete an account, after the same grace as when the customer does it: a login takes it back."""
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        disabled = operations.state_of(unit, account_id)["disabled"]
        if (due := deletion.due_at(unit, account_id)) is not None:
            typer.echo(f"{email} was to be deleted already, on {due:%Y-%m-%d %H:%M} UTC: nothing was changed")
            return
        due = deletion.begin(unit, DeletionAsked(account_id=account_id, at=unit.now, origin=OPERATOR, by_support=True))
    kept = "`netim enable` opens it again" if disabled else "somebody logs in"
    typer.echo(f"{email} is deleted on {due:%Y-%m-%d %H:%M} UTC unless {kept}; the customer is notified by mail")


def send_reset(email: str) -> None:
    """Mail the customer a link to a new password; where only passkeys open the account, the way back without them."""
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        fact = SupportActed(account_id=account_id, at=unit.now, origin=OPERATOR, act="reset_sent")
        if not operations.send_reset(unit, fact):
            typer.echo("the account is disabled: `netim enable` comes first", err=True)
            raise typer.Exit(1)
    typer.echo(f"a link that leads back in goes to {email}")

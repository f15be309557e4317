"""Commands for customers' accounts: create, unlock, disable, and end sessions."""

import asyncio
import sys
from typing import Annotated

import typer
from sqlalchemy.exc import IntegrityError

from netim_app.commands.start import open_database
from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.features.passkeys.service import recovery
from netim_app.identity import account_creation, accounts, operations, passwords, sessions, sign_up_flows
from netim_app.identity.account_lock import keep_locked
from netim_app.identity.facts import AccountUnlocked
from netim_app.identity.operations import OPERATOR
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.texts import catalog

AT_ONCE = 100
"""Accounts whose sessions are ended in one unit."""


def create_account(
    email: str,
    first_name: Annotated[str, typer.Option()],
    last_name: Annotated[str, typer.Option()] = "",
    language: Annotated[str, typer.Option()] = catalog.DEFAULT_LOCALE,
) -> None:
    """Create an account with a confirmed e-mail address. The password is asked for, or read from standard input."""
    data = {"email": email, "first_name": first_name, "last_name": last_name, "password": _ask_password()}
    try:
        _store_account(data, language)
    except DomainError as error:
        for fault in error.all:
            typer.echo(f"{fault.field}: {catalog.text(catalog.DEFAULT_LOCALE, fault.key, **fault.params)}", err=True)
        raise typer.Exit(1) from error
    except IntegrityError as error:
        typer.echo("there is an account with this e-mail address already", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"created {email}")


def _ask_password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _store_account(data: dict[str, str], language: str) -> None:
    units = open_database()
    min_length, zone = units.settings.password_min_length, accounts.DEFAULT_TIME_ZONE
    customer = asyncio.run(
        sign_up_flows.read_customer(
            data, Visitor(origin=OPERATOR), language=language, time_zone=zone, min_length=min_length
        )
    )
    hashed = passwords.hash_password(data["password"], units.settings.bcrypt_cost)
    with units.write() as unit:
        account_creation.create_account(unit, customer, hashed, OPERATOR)


def unlock(
    email: str,
    two_factor_off: Annotated[
        bool, typer.Option("--two-factor-off", help="Also for one who has lost every device and every backup code.")
    ] = False,
) -> None:
    """Lift every lockout of an account: the operator's way out, logged and mailed to the customer."""
    with open_database().write() as unit:
        fact = AccountUnlocked(
            account_id=account_of(unit, email),
            at=unit.now,
            origin=OPERATOR,
            without_second_factor=two_factor_off,
        )
        operations.unlock(unit, fact)
    typer.echo(f"unlocked {email}; the customer is notified by mail")


def revoke_sessions(
    email: Annotated[str, typer.Argument()] = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="Those of all accounts: after a backup was restored.")
    ] = False,
) -> None:
    """End all sessions of an account, or of all accounts."""
    if bool(email) == everybody:
        raise typer.BadParameter("either an e-mail address or --all")
    if everybody:
        typer.echo(f"ended {_revoke_all(open_database())} session(s)")
        return
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        ended = operations.end_sessions(unit, account_id, OPERATOR)
    typer.echo(f"ended {ended} session(s)")


def _revoke_all(units: Units) -> int:
    """Ends all sessions and waiting recoveries, in batches of accounts, and records it in each journal.

    It mails only the customers whose recovery was waiting, to tell them that it was cancelled.
    """
    with units.read() as unit:
        account_ids = sorted({*sessions.logged_in(unit), *recovery.waiting(unit)})
    ended = 0
    for begin in range(0, len(account_ids), AT_ONCE):
        with units.write() as unit:
            for account_id in account_ids[begin : begin + AT_ONCE]:
                if keep_locked(unit, account_id):  # it may have been deleted meanwhile
                    ended += operations.end_sessions(unit, account_id, OPERATOR, by_mail=False)
    return ended


def disable(email: str) -> None:
    """Close an account: its sessions, links and logins end at once."""
    with open_database().write() as unit:
        account_id = account_of(unit, email)
        operations.disable(unit, account_id, OPERATOR)
    typer.echo(f"disabled {email}; the customer is notified by mail")


def account_of(unit: UnitOfWork, email: str) -> int:
    """The id of the account with this address; ends the command when there is none."""
    found = operations.find_account(unit, email)
    if found is None:
        typer.echo("no account has this e-mail address", err=True)
        raise typer.Exit(1)
    return found

"""The `netim` command: runs the server, and what an operator needs now and then."""

import asyncio
import logging
import os
import resource
import subprocess
import sys
from typing import Annotated, NoReturn

import typer
from alembic.util import CommandError
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from netim_app import build as front_end
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.doctor import Finding, examine, reason
from netim_app.feature import offers
from netim_app.identity import accounts, flows, operations, passwords, sessions
from netim_app.identity.facts import AccountUnlocked, SessionsRevoked
from netim_app.infra import early_stop, outbox, redaction
from netim_app.infra.port import PortTaken, claimed_port, when_it_listens
from netim_app.infra.unit_of_work import UnitOfWork, Units, configure
from netim_app.reflex_port.serving import serve_built_pages
from netim_app.schema import migrate
from netim_app.settings import Settings, get_settings, read_settings
from netim_app.texts import catalog

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
sessions_app = typer.Typer(no_args_is_help=True, help="Sessions of customers.")
app.add_typer(sessions_app, name="sessions")

RESPAWN_SECONDS = 15
HEADER_SECONDS = 15
"""For the headers of a request, and for the silence before them on a connection that is kept."""
MAX_CONNECTIONS = 4096
"""Of one worker, open sockets aside. The next one waits."""
MAX_OPEN_FILES = 65_536
FOR_NOBODY_ELSE = 0o077
OPERATOR = Origin(browser="netim", system="operator")


def _checked_settings() -> Settings:
    settings = get_settings()
    _refuse(settings.faults())
    return settings


def _refuse(faults: list[str]) -> None:
    for fault in faults:
        typer.echo(f"refused to start: {fault}", err=True)
    if faults:
        raise typer.Exit(2)


def _refuse_to_go_on(line: str) -> NoReturn:
    typer.echo(f"refused to start: {line}", err=True)
    raise typer.Exit(1)


def _install_features() -> None:
    from netim_app.registry import install_features  # noqa: PLC0415  pages need settings that can be read

    install_features()


def _open() -> Units:
    settings = _checked_settings()
    os.umask(FOR_NOBODY_ELSE)  # what is written from here on are customers' data
    redaction.install(production=settings.production)
    _install_features()
    try:
        units = configure(settings)
        units.engine.connect().close()
    except (SQLAlchemyError, OSError) as error:
        name = "NETIM_DATABASE_URL" if "database_url" in settings.model_fields_set else "NETIM_VAR_DIR"
        _refuse_to_go_on(f"{name}: the database does not answer: {reason(error)}")
    return units


def _migrate(units: Units) -> None:
    try:
        migrate(units)
    except CommandError:
        _refuse_to_go_on("NETIM_DATABASE_URL: the tables were made by a newer version than this one")


@app.command()
def serve() -> None:
    """Migrate the database, and serve. In development the pages are built, too, if needed."""
    settings = _checked_settings()
    try:
        with claimed_port(settings.host, settings.port):
            _prepare(settings)
            greeting = f"Netim Direct is at {settings.public_url}  (Ctrl+C stops it)"
            when_it_listens(settings.host, settings.port, lambda: typer.echo(greeting))
            _serve(settings)
    except PortTaken as error:
        _refuse_to_go_on(str(error))


def _prepare(settings: Settings) -> None:
    """All that must be there before the first worker starts."""
    _need_pages(settings)
    units = _open()
    _migrate(units)
    units.engine.dispose()
    os.environ.update(front_end.environment(settings))
    serve_built_pages()
    os.chdir(front_end.ROOT)
    _allow_connections()


def _serve(settings: Settings) -> None:
    server = Server(
        target="netim_app.netim_app:app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # what proxies speak with us; HTTP/2 would be one more parser of what strangers send
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=MAX_CONNECTIONS,
        workers=settings.workers,
        # A worker that was killed is replaced at once. One that dies again within seconds ends the server, with status
        # 1: its supervisor must notice.
        respawn_failed_workers=True,
        # SIGHUP replaces the workers one by one; the old one stops when the new one has had so long to start.
        respawn_interval=RESPAWN_SECONDS,
        log_dictconfig=redaction.granian_log_config(production=settings.production),
    )
    early_stop.watch(server)
    server.serve()


def _need_pages(settings: Settings) -> None:
    """In production a build is a step of its own: npm and its packages run beside no secret, and as another user."""
    if not settings.production:
        _build(settings)
    elif not front_end.is_built(settings):
        typer.echo("the pages of this version, with these settings, are not built: run `netim build`", err=True)
        raise typer.Exit(1)


def _build(settings: Settings) -> bool:
    try:
        return front_end.build(settings)
    except subprocess.CalledProcessError as error:
        typer.echo("the pages could not be built; see the lines above", err=True)
        raise typer.Exit(1) from error


def _allow_connections() -> None:
    """Each is an open file, and shells and units allow 1,024 of these unless they are asked for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@app.command()
def build() -> None:
    """Build the pages if anything they are made of has changed. Needs the settings that are written into them alone."""
    settings = get_settings()
    _refuse(front_end.faults(settings))
    typer.echo("built" if _build(settings) else "the build is up to date")


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    _migrate(_open())


@app.command()
def texts() -> None:
    """Check the catalogues: every text in every language, with the same placeholders."""
    faults = catalog.faults()
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{len(catalog.keys())} texts in {', '.join(catalog.LOCALES)}")


@app.command()
def create_account(
    email: str,
    first_name: Annotated[str, typer.Option()],
    last_name: Annotated[str, typer.Option()] = "",
    language: Annotated[str, typer.Option()] = "en",
) -> None:
    """Create an account with a confirmed address. The password is asked for, or read from standard input."""
    units = _open()
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    data = {"email": email, "first_name": first_name, "last_name": last_name, "password": password}
    try:
        customer = asyncio.run(
            flows.read_customer(
                data,
                language=language,
                time_zone=accounts.DEFAULT_TIME_ZONE,
                min_length=units.settings.password_min_length,
            )
        )
        hashed = passwords.hash_password(password, units.settings.bcrypt_cost)
        with units.write() as unit:
            accounts.create_account(unit, customer, hashed, OPERATOR)
    except DomainError as error:
        for fault in error.all:
            typer.echo(f"{fault.field}: {catalog.text('en', fault.key, **fault.params)}", err=True)
        raise typer.Exit(1) from error
    except IntegrityError as error:
        typer.echo("there is an account with this address already", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"created {email}")


def _account_id(unit: UnitOfWork, email: str) -> int:
    found = operations.find_account(unit, email)
    if found is None:
        typer.echo("no account has this address", err=True)
        raise typer.Exit(1)
    return found


@app.command()
def unlock(
    email: str,
    two_factor_off: Annotated[
        bool, typer.Option("--two-factor-off", help="Also for one who has lost every device and every backup code.")
    ] = False,
) -> None:
    """Lift every lock-out of an account: the operator's way out, logged and mailed to the customer."""
    with _open().write() as unit:
        fact = AccountUnlocked(
            account_id=_account_id(unit, email),
            at=unit.now,
            origin=OPERATOR,
            without_second_factor=two_factor_off,
        )
        operations.unlock(unit, fact)
    typer.echo(f"unlocked {email}; the customer is told by mail")


@sessions_app.command("revoke")
def revoke_sessions(
    email: Annotated[str, typer.Argument()] = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="Those of all accounts: after a backup was restored.")
    ] = False,
) -> None:
    """End all sessions of an account, or of all accounts."""
    if bool(email) == everybody:
        raise typer.BadParameter("either an address or --all")
    if everybody:
        with _open().write() as unit:
            ended = sessions.revoke_all_sessions(unit)
        typer.echo(f"ended {ended} session(s)")
        return
    with _open().write() as unit:
        account_id = _account_id(unit, email)
        ended = sessions.end_sessions(unit, account_id)
        unit.record(SessionsRevoked(account_id=account_id, at=unit.now, origin=OPERATOR))
    typer.echo(f"ended {ended} session(s)")


@app.command()
def disable(email: str) -> None:
    """Close an account: its sessions, links and logins end at once."""
    with _open().write() as unit:
        account_id = _account_id(unit, email)
        operations.disable(unit, account_id)
    typer.echo(f"disabled {email}")


@app.command()
def rotate_key() -> None:
    """Seal everything with NETIM_SECRET_KEY that is still sealed with NETIM_SECRET_KEY_OLD."""
    with _open().write() as unit:
        done = outbox.rewrap(unit)
        for rewrap in offers().rewraps:
            done += rewrap(unit)
    typer.echo(f"sealed {done.sealed} record(s) anew")
    if done.unreadable:
        typer.echo(f"{done.unreadable} could not be read: see the log; keep NETIM_SECRET_KEY_OLD until then", err=True)
        raise typer.Exit(1)
    typer.echo("NETIM_SECRET_KEY_OLD is no longer needed")


@app.command()
def retry_mails() -> None:
    """Send the mails again that had been given up."""
    with _open().write() as unit:
        count = outbox.retry_dead(unit)
    typer.echo(f"{count} mail(s) go back into the queue")


@app.command()
def doctor() -> None:
    """Try everything that the settings name, and say in a line each what works and what does not."""
    settings, faults = read_settings()
    if settings is None:
        for fault in faults:
            typer.echo(str(Finding("settings", fault, fine=False)))
        raise typer.Exit(1)
    redaction.install(production=settings.production)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # the findings are what is asked for
    _install_features()
    fine = True
    for finding in examine(settings):
        typer.echo(str(finding))
        fine = fine and finding.fine
    if not fine:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()

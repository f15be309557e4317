"""Commands that look after the database, the texts, the mails and the machine."""

import logging

import typer

from netim_app.commands import start
from netim_app.doctor import Finding, examine
from netim_app.feature import offers
from netim_app.infra import outbox, redaction
from netim_app.settings import read_settings
from netim_app.texts import catalog


def migrate() -> None:
    """Bring the database to the newest schema."""
    start.migrate_database(start.open_database())


def texts() -> None:
    """Check the catalogues: every text in every language, with the same placeholders."""
    faults = catalog.faults()
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{len(catalog.keys())} texts in {', '.join(catalog.LOCALES)}")


def rotate_key() -> None:
    """Seal everything with NETIM_SECRET_KEY that is still sealed with NETIM_SECRET_KEY_OLD."""
    with start.open_database().write() as unit:
        done = outbox.rewrap(unit)
        for rewrap in offers().rewraps:
            done += rewrap(unit)
    typer.echo(f"sealed {done.sealed} record(s) anew")
    if done.unreadable:
        typer.echo(f"{done.unreadable} could not be read: see the log; keep NETIM_SECRET_KEY_OLD until then", err=True)
        raise typer.Exit(1)
    typer.echo("NETIM_SECRET_KEY_OLD is no longer needed")


def retry_mails() -> None:
    """Send the mails again that had been given up."""
    with start.open_database().write() as unit:
        count = outbox.retry_dead(unit)
    typer.echo(f"{count} mail(s) go back into the queue")


def doctor() -> None:
    """Try everything that the settings name, and say in a line each what works and what does not."""
    settings, faults = read_settings()
    if settings is None:
        for fault in faults:
            typer.echo(str(Finding("settings", fault, fine=False)))
        raise typer.Exit(1)
    redaction.install(production=settings.production)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # the findings are what is asked for
    start.install_features()
    fine = True
    for finding in examine(settings):
        typer.echo(str(finding))
        fine = fine and finding.fine
    if not fine:
        raise typer.Exit(1)

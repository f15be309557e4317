"""Commands that maintain the database, the texts, the mails and the machine."""

import logging
from typing import Annotated

import typer

from netim_app.commands import start
from netim_app.doctor.checks import examine
from netim_app.doctor.own_mail import send_mail_to_oneself
from netim_app.doctor.shown_settings import effective
from netim_app.infra import log, outbox_upkeep
from netim_app.offers import offers
from netim_app.settings import read_settings
from netim_app.texts import catalog, new_language


def migrate() -> None:
    """Bring the database to the newest schema."""
    start.migrate_database(start.open_database())


def texts(
    new: Annotated[str, typer.Option(help="a language to begin, or to complete with empty texts, such as de")] = "",
) -> None:
    """Check the catalogues: every text in every language, with the same placeholders. Missing ones are in English."""
    if new:
        _add_language(new)
        return
    faults = catalog.faults()
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    for locale in catalog.LOCALES:
        missing = len(catalog.missing(locale))
        typer.echo(f"{locale}: {len(catalog.keys()) - missing} texts" + f", {missing} missing" * bool(missing))


def _add_language(code: str) -> None:
    try:
        written = new_language.add_missing(catalog.PACKAGE, code)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for path, count in written:
        typer.echo(f"{path.relative_to(catalog.PACKAGE.parent)}: {count} texts to translate")


def rotate_key() -> None:
    """Seal everything with NETIM_SECRET_KEY that is still sealed with NETIM_SECRET_KEY_OLD."""
    with start.open_database().write() as unit:
        done = sum((rewrap(unit) for rewrap in offers().rewraps), outbox_upkeep.rewrap(unit))
    typer.echo(f"sealed {done.sealed} record(s) anew")
    if done.unreadable:
        typer.echo(f"{done.unreadable} could not be read: see the log; keep NETIM_SECRET_KEY_OLD until then", err=True)
        raise typer.Exit(1)
    typer.echo("NETIM_SECRET_KEY_OLD is no longer needed")


def retry_mails() -> None:
    """Send the mails again that had been given up."""
    with start.open_database().write() as unit:
        count = outbox_upkeep.retry_dead(unit)
    typer.echo(f"{count} mail(s) go back into the queue")


def doctor(mail_to: Annotated[str, typer.Option(help="Send a mail to this address, of yours.")] = "") -> None:
    """Show every setting, try everything that the settings name, and say what works and what does not."""
    reading = read_settings()
    log.install(production=reading.settings.production)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # show only the findings
    for line in effective(reading):
        typer.echo(line)
    fine = True
    mailed = [send_mail_to_oneself(reading, mail_to)] if mail_to else []
    for finding in (*examine(reading), *mailed):
        typer.echo(str(finding))
        fine = fine and finding.fine
    if not fine:
        raise typer.Exit(1)

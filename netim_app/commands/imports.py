"""`netim import`: accounts for the customers of another system, line by line."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated

import typer
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from netim_app.commands.customer_file import READERS, FileRefused, Line
from netim_app.commands.start import open_database
from netim_app.doctor.finding import reason
from netim_app.identity import imports
from netim_app.identity.email_address import email_key
from netim_app.identity.imports import ImportedCustomer, RecordRefused
from netim_app.identity.operations import OPERATOR
from netim_app.infra.unit_of_work import Units

CREATED, REGISTERED, EXISTS, REFUSED = "created", "registered", "exists already", "refused"
WOULD = {CREATED: "would be created", REGISTERED: "would be registered"}
NEEDS_LINKS = "confirmed: an address that is not confirmed needs --send-links"
_SHOWN = 80


def import_accounts(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="CSV or JSON Lines; - is standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every line, and change nothing.")] = False,
    format_: Annotated[str, typer.Option("--format", help="csv or jsonl, if the name does not say it.")] = "",
    send_links: Annotated[
        bool, typer.Option("--send-links", help="Mail a confirmation link to those who are not confirmed.")
    ] = False,
) -> None:
    """Create accounts for the customers of another system, with their password hashes. A second run adds nothing."""
    read = READERS.get(format_ or PurePath(file.name).suffix.removeprefix("."))
    if read is None:
        raise typer.BadParameter("--format csv or --format jsonl is needed")
    units = open_database()
    work = _Import(units, dry_run=dry_run, send_links=send_links)
    try:
        with io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="") as text:
            for line in read(text):
                typer.echo(work.take(line))
    except FileRefused as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except SQLAlchemyError as error:
        typer.echo(f"stopped after {work.last}: {reason(error)}; a second run goes on from there", err=True)
        raise typer.Exit(1) from error
    typer.echo(", ".join(work.summary()), err=True)
    if work.counts[REFUSED]:
        raise typer.Exit(1)


class _Import:
    """One run and its results so far. Each line has a unit of its own, so a bad line does not stop the others."""

    def __init__(self, units: Units, *, dry_run: bool, send_links: bool) -> None:
        self._units = units
        self._dry_run = dry_run
        self._send_links = send_links
        self._seen: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.last = "the header"

    def take(self, line: Line) -> str:
        """Imports the customer of a line. Returns the line of the report."""
        email, why = _shown(line.record.get("email")), ""
        try:
            customer = self._customer(line)
            email = customer.email
            result = self._bring_in(customer)
        except RecordRefused as error:
            result, why = REFUSED, f": {error}"
        self.counts[result] += 1
        self.last = f"line {line.number}"
        said = WOULD.get(result, result) if self._dry_run else result
        return f"{line.number}\t{email}\t{said}{why}"

    def _customer(self, line: Line) -> ImportedCustomer:
        if line.fault:
            raise RecordRefused(line.fault)
        customer = imports.read_record(line.record)
        if not (customer.confirmed or self._send_links):
            raise RecordRefused(NEEDS_LINKS)
        first = self._seen.setdefault(email_key(customer.email), line.number)
        if first != line.number:
            raise RecordRefused(f"email: is that of line {first}, too")
        return customer

    def _bring_in(self, customer: ImportedCustomer) -> str:
        with self._units.read() as unit:
            if imports.is_here(unit, customer):
                return EXISTS
        if not self._dry_run:
            try:
                with self._units.write() as unit:
                    imports.bring_in(unit, customer, OPERATOR)
            except IntegrityError:  # another process created it first
                return EXISTS
        return CREATED if customer.confirmed else REGISTERED

    def summary(self) -> Iterator[str]:
        """How many lines had each result."""
        for result in (CREATED, REGISTERED, EXISTS, REFUSED):
            if self.counts[result] or result == CREATED:
                yield f"{self.counts[result]} {WOULD.get(result, result) if self._dry_run else result}"


def _shown(email: object) -> str:
    """The address of a line, without control characters for a terminal."""
    text = email if isinstance(email, str) else ""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_SHOWN])

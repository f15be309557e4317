"""The first steps of commands: check the settings, install the features, open the database."""

import os
from typing import NoReturn

import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from netim_app.brand.brand import read_brand
from netim_app.core.loading import without_collections
from netim_app.doctor.finding import reason
from netim_app.identity import customer_directory
from netim_app.infra import log
from netim_app.infra.unit_of_work import Units, configure
from netim_app.schema import migrate
from netim_app.settings import Settings, get_settings

FOR_NOBODY_ELSE = 0o077


def checked_settings() -> Settings:
    """The settings; ends the command when they are faulty."""
    settings = get_settings()
    refuse(settings.faults() + read_brand(settings.brand_dir)[1])
    return settings


def refuse(faults: list[str]) -> None:
    """Ends the command if the settings have faults, with a line for each."""
    for fault in faults:
        typer.echo(f"refused to start: {fault}", err=True)
    if faults:
        raise typer.Exit(2)


def refuse_to_go_on(line: str) -> NoReturn:
    """Ends the command with this line."""
    typer.echo(f"refused to start: {line}", err=True)
    raise typer.Exit(1)


def open_database() -> Units:
    """Opens the database of the settings; ends the command when it does not answer."""
    settings = checked_settings()
    os.umask(FOR_NOBODY_ELSE)  # files written from here on contain customers' data
    log.install(production=settings.production)
    with without_collections():
        from netim_app.registry import install_features  # noqa: PLC0415  pages need readable settings
    install_features()
    try:
        units = configure(settings)
        units.engine.connect().close()
    except (SQLAlchemyError, OSError) as error:
        refuse_to_go_on(f"{_place_of_database(settings)}: the database does not answer: {reason(error)}")
    return units


def need_directory(settings: Settings) -> None:
    """Ends the command when the directory of customers cannot be loaded."""
    try:
        customer_directory.loaded(settings.customer_directory)
    except ValueError as error:
        refuse([str(error)])


def migrate_database(units: Units) -> None:
    """Brings the database to the newest schema; ends the command when its schema is unknown."""
    try:
        migrate(units)
    except CommandError:
        refuse_to_go_on(
            f"{_place_of_database(units.settings)}: the tables were made by another version, which this one does not "
            "know. Use that version, or start with a new database: in development, delete var/"
        )


def _place_of_database(settings: Settings) -> str:
    """The setting that says where the database is."""
    return "NETIM_DATABASE_URL" if "database_url" in settings.model_fields_set else "NETIM_VAR_DIR"

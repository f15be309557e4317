"""Commands that build the pages and run the server."""

import gc
import os
import resource
import subprocess

import typer
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from netim_app import build as front_end
from netim_app.brand.brand import get_brand
from netim_app.commands import start
from netim_app.core.installation import ROOT
from netim_app.infra import early_stop, server_log
from netim_app.infra.port import PortTaken, claimed_port, when_it_listens
from netim_app.reflex_port.serving import serve_built_pages
from netim_app.settings import Settings, get_settings

RESPAWN_SECONDS = 15
HEADER_SECONDS = 15
"""For the headers of a request, including the idle time before them on a keep-alive connection."""
STOP_SECONDS = 8
"""For requests that run when the server stops: a slow client could otherwise delay the stop without end."""
MAX_CONNECTIONS = 4096
"""Of one worker, not counting open sockets. Further connections wait."""
MAX_OPEN_FILES = 65_536


def serve() -> None:
    """Migrate the database, and serve. In development the pages are built, too, if needed."""
    settings = start.checked_settings()
    try:
        with claimed_port(settings.host, settings.port):
            _prepare(settings)
            greeting = f"{get_brand().product} is at {settings.public_url}  (Ctrl+C stops it)"
            when_it_listens(settings.host, settings.port, lambda: typer.echo(greeting))
            _serve(settings)
    except PortTaken as error:
        start.refuse_to_go_on(str(error))


def _prepare(settings: Settings) -> None:
    """Prepares all that must exist before the first worker starts."""
    _need_pages(settings)
    start.need_directory(settings)
    units = start.open_database()
    start.migrate_database(units)
    units.engine.dispose()
    os.environ.update(front_end.environment(settings))
    serve_built_pages()
    os.chdir(ROOT)
    _allow_connections()


def _serve(settings: Settings) -> None:
    server = Server(
        target="netim_app.netim_app:app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # proxies use it; HTTP/2 would be one more parser of untrusted input
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=MAX_CONNECTIONS,
        workers=settings.workers,
        # A worker that was killed is replaced at once. When the new one dies within seconds, the server exits with
        # status 1, so that its supervisor notices.
        respawn_failed_workers=True,
        # SIGHUP replaces the workers one by one. The old one stops this many seconds after the new one was started.
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=STOP_SECONDS,
        log_dictconfig=server_log.granian_log_config(production=settings.production),
    )
    early_stop.watch(server)
    server.serve()
    gc.freeze()  # the process ends now: one more garbage collection would take half a second


def _need_pages(settings: Settings) -> None:
    """In production, the build is a separate step: npm and its packages run without secrets, as another user."""
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
    """Raises the limit of open files: each connection is one, and shells and units allow 1,024 by default."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def build() -> None:
    """Build the pages if anything they are made of has changed. Needs the settings that are written into them alone."""
    settings = get_settings()
    start.refuse(front_end.faults(settings))
    typer.echo("built" if _build(settings) else "the build is up to date")

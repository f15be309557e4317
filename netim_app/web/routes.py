"""All HTTP routes beside the pages."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from netim_app.core import paths
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit
from netim_app.offers import offers
from netim_app.web import brand_files
from netim_app.web.health import healthz
from netim_app.web.login_routes import close_session, guarded, keep_pending, open_session


def change_password(_request: Request) -> RedirectResponse:
    """Password managers send their users here (W3C, A Well-Known URL for Changing Passwords)."""
    return RedirectResponse(paths.card("password"), status_code=302)


def not_found(_request: Request) -> Response:
    """Hides an unused route of Reflex."""
    return Response(status_code=404)


def text_of(read: Callable[[UnitOfWork], str | None]) -> Callable[[Request], Awaitable[Response]]:
    """A route that returns a text of a feature (`Feature.public_texts`)."""

    async def answer(_request: Request) -> Response:
        text = await in_read_unit(read)
        return Response(status_code=404) if text is None else PlainTextResponse(text)

    return answer


def routes() -> Starlette:
    """The application of these routes."""
    return Starlette(
        routes=[
            Route("/auth/session", guarded(open_session), methods=["POST"]),
            Route("/auth/pending", guarded(keep_pending), methods=["POST"]),
            Route("/auth/logout", guarded(close_session), methods=["POST"]),
            Route("/healthz", healthz),
            Route("/.well-known/change-password", change_password),
            Route("/.well-known/security.txt", brand_files.security_txt),
            Route("/favicon.svg", brand_files.favicon),
            Route("/icon.png", brand_files.icon),
            Route("/preview.png", brand_files.preview),
            Route("/manifest.webmanifest", brand_files.manifest),
            *(Route(path, text_of(read)) for path, read in offers().public_texts.items()),
            Route("/_health", not_found),
        ]
    )

"""GET /healthz."""

import asyncio
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from netim_app.identity import limits
from netim_app.infra import outbox_upkeep
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.settings import get_settings
from netim_app.web.client_address import unread_clients

HEALTH_TIMEOUT_SECONDS = 3


async def healthz(_request: Request) -> JSONResponse:
    """GET /healthz: 200 while database and Redis (if configured) answer, else 503; also queued mails and warnings."""
    report: dict[str, object] = {}
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
            report["outbox"] = asdict(await in_read_unit(outbox_upkeep.backlog))
        report["database"] = "up"
    except (SQLAlchemyError, TimeoutError):
        report["database"] = "down"
    if get_settings().redis_url:
        report["redis"] = "up" if await limits.limiter().check() else "down"
    if warnings := unread_clients.warnings():
        report["warnings"] = warnings
    return JSONResponse(report, status_code=503 if "down" in report.values() else 200)

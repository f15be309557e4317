"""The composition root: the only module that knows all the others."""

import reflex as rx

from netim_app import build, lifespan, pages
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.state.incidents import IncidentReporter, report_page_fault
from netim_app.infra import early_stop, log
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.unit_of_work import configure
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.registry import install_features
from netim_app.settings import get_settings
from netim_app.texts.catalog import DEFAULT_LOCALE
from netim_app.ui import document
from netim_app.web.stack import stack
from reflex_guard.handlers import registered

settings = get_settings()
log.install(production=settings.production)
install_features()
configure(settings)


def report_fault(exception: Exception) -> None:
    """Reflex calls this for an exception of an event handler."""
    incidents.report(exception)


budgets = CostBudgets()
sockets = OpenSockets()
app = rx.App(
    backend_exception_handler=report_fault,
    frontend_exception_handler=report_page_fault,
    toaster=None,
    html_lang=DEFAULT_LOCALE,
    reset_style=False,
    head_components=document.head(),
    app_wraps=document.app_wraps(),
    api_transformer=stack(
        settings, pages=build.web_dir() / "build" / "client", events=registered(), budgets=budgets, sockets=sockets
    ),
)
tabs = ConnectedTabs(app)
incidents = IncidentReporter(app, tabs)
app.add_middleware(Gate(budgets, sockets), index=0)
app.register_lifespan_task(lifespan.refuse_faults, settings=settings)
app.register_lifespan_task(early_stop.stop_if_asked)
app.register_lifespan_task(lifespan.send_mails, settings=settings)
app.register_lifespan_task(lifespan.work_regularly)
app.register_lifespan_task(lifespan.report_to_directory, settings=settings)
app.register_lifespan_task(lifespan.notify_revoked_tabs, tabs=tabs, sockets=sockets)
app.register_lifespan_task(lifespan.forget_abandoned_tabs, manager=app.state_manager, tabs=tabs)
app.register_lifespan_task(lifespan.send_telemetry, settings=settings, tabs=tabs)
app.register_lifespan_task(lifespan.warm_up, settings=settings)
pages.add_all(app)
if not settings.production:
    from netim_app.pages import development

    development.add_all(app)

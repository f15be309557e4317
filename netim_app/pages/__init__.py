"""The pages of the product, and the events that run when they open."""

from collections.abc import Callable

import reflex as rx

from netim_app.core import paths
from netim_app.identity.state.confirmation import VerifyState
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.recovery import ForgotState, ResetState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.sign_up import SignUpState
from netim_app.identity.state.undo import UndoState
from netim_app.identity.view import confirmation, login, recovery, sign_up, undo
from netim_app.offers import offers
from netim_app.pages import connection_and_security, home, not_found, personal_information
from netim_app.texts import catalog
from netim_app.ui.document import PREVIEW
from netim_app.ui.text import tr


def _title(key: str) -> rx.Var[str]:
    return tr(key) + f" · {catalog.text(catalog.DEFAULT_LOCALE, 'ui.brand')}"


def add_all(app: rx.App) -> None:
    """Adds every page of the product. Pages have no guard: the Gate checks each event."""
    _add_entry_pages(app)
    _add_account_page(app, personal_information.page, paths.PERSONAL, "page.personal_information")
    _add_account_page(app, connection_and_security.page, paths.SECURITY, "page.connection_and_security")
    app.add_page(home.page, route="/", title=_title("page.home.title"), image=PREVIEW, on_load=LoginState.open_home)
    app.add_page(
        not_found.page,
        route="404",
        title=_title("page.not_found.title"),
        image=PREVIEW,
        on_load=ShellState.open_public_page,
    )


def _add_entry_pages(app: rx.App) -> None:
    entries = {
        paths.LOGIN: (login.login_page, "login.title", LoginState.open_page),
        paths.SIGN_UP: (sign_up.sign_up_page, "sign_up.title", SignUpState.open_page),
        paths.VERIFY: (confirmation.verify_page, "verify.title", VerifyState.open_page),
        paths.FORGOT: (recovery.forgot_page, "forgot.title", ForgotState.open_page),
        paths.RESET: (recovery.reset_page, "reset.title", ResetState.open_page),
        paths.RESTORE: (undo.undo_page, "undo.title", UndoState.open_page),
    } | {page.route: (page.content, page.title, page.opened) for page in offers().entry_pages}
    for route, (component, title, opened) in entries.items():
        # The frame opens last: its content is then settled, and no wrong form flashes up.
        on_load = [opened, ShellState.open_public_page]
        app.add_page(component, route=route, title=_title(title), image=PREVIEW, on_load=on_load)


def _add_account_page(app: rx.App, page: Callable[[], rx.Component], path: str, title: str) -> None:
    opened = ShellState.open_account_page
    app.add_page(page, route=path, title=_title(title), image=PREVIEW, on_load=opened)

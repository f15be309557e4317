"""Pages for developers. The composition root adds them in development only, so no production build has them."""

import re
from typing import Any

import reflex as rx

from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.shell import ShellState
from netim_app.infra.mailbox import StoredMail, read_mailbox
from netim_app.infra.unit_of_work import units
from netim_app.pages.kit import page as kit
from netim_app.ui.buttons import link
from netim_app.ui.theme import FOCUS

SHOWN = 50
"""How many of the newest mails are shown: each is sent to the page with its HTML."""
_LINK = re.compile(r"https?://\S+")


class MailboxState(rx.State):
    """The mails that development writes to files instead of sending them."""

    mails: list[dict[str, str]] = []  # noqa: RUF012  Reflex copies it

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Reads the folder."""
        folder = units().settings.mail_dir
        self.mails = [
            {
                "subject": mail.subject,
                "to": mail.to,
                "date": str(mail.date or ""),
                "text": mail.text,
                "html": mail.html,
                "link": _first_link(mail),
            }
            for mail in (read_mailbox(folder, SHOWN) if folder else [])
        ]


def _first_link(mail: StoredMail) -> str:
    """The first link of a mail that is a URL of this site, whatever a customer's name looks like; empty for none."""
    ours = f"{units().settings.public_url}/"
    return next((found for found in _LINK.findall(mail.text) if found.startswith(ours)), "")


def mailbox() -> rx.Component:
    """The page /dev/mailbox."""
    return rx.el.main(
        rx.el.h1("Mailbox", class_name="text-2xl font-semibold"),
        rx.el.p("The newest first. Load the page again to see what has come since.", class_name="text-sm text-muted"),
        rx.cond(MailboxState.mails, rx.foreach(MailboxState.mails, _mail), rx.el.p("No mail yet.")),
        class_name="mx-auto flex max-w-3xl flex-col gap-4 p-4 sm:p-6",
    )


def _mail(mail: Any) -> rx.Component:
    return rx.el.article(
        rx.el.h2(mail["subject"], class_name="font-semibold"),
        rx.el.p(mail["to"], " · ", mail["date"], class_name="text-sm break-words text-muted"),
        rx.cond(mail["link"] != "", rx.el.p(link("Open its link", mail["link"]), class_name="mt-2 text-sm")),
        # Sandboxed without exceptions: no script runs in it, and no link works.
        rx.el.iframe(
            src_doc=mail["html"],
            sandbox="",
            title=mail["subject"],
            class_name="mt-3 h-128 w-full rounded-control border border-line",
        ),
        rx.el.details(
            rx.el.summary("As plain text", class_name=f"w-fit text-sm text-accent {FOCUS}"),
            rx.el.pre(mail["text"], class_name="mt-3 text-sm break-words whitespace-pre-wrap"),
            class_name="mt-3",
        ),
        class_name="rounded-card border border-line bg-surface p-5",
    )


def add_all(app: rx.App) -> None:
    """Adds /dev/mailbox, /dev/kit, and the example pages of the kit."""
    app.add_page(mailbox, route="/dev/mailbox", title="Mailbox", on_load=MailboxState.open_page)
    for route, page in {kit.ROUTE: kit.page, **kit.whole_pages()}.items():
        app.add_page(page, route=route, title="Kit", on_load=ShellState.open_public_page)

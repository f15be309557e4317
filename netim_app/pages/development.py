"""Pages for developers. The composition root adds them in development only, so no production build has them."""

import reflex as rx

from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.shell import ShellState
from netim_app.infra.mail import read_mailbox
from netim_app.infra.unit_of_work import units
from netim_app.pages.kit import page as kit


class MailboxState(rx.State):
    """The mails that development writes to files instead of sending them."""

    mails: list[dict[str, str]] = []  # noqa: RUF012  Reflex copies it

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Reads the folder."""
        folder = units().settings.mail_dir
        self.mails = [
            {"subject": mail.subject, "to": mail.to, "date": str(mail.date or ""), "text": mail.text}
            for mail in (read_mailbox(folder) if folder else [])
        ]


def mailbox() -> rx.Component:
    """The page /dev/mailbox."""
    return rx.el.main(
        rx.el.h1("Mailbox", class_name="text-2xl font-semibold"),
        rx.foreach(
            MailboxState.mails,
            lambda mail: rx.el.article(
                rx.el.h2(mail["subject"], class_name="font-semibold"),
                rx.el.p(mail["to"], " · ", mail["date"], class_name="text-sm text-muted"),
                rx.el.pre(mail["text"], class_name="mt-3 text-sm whitespace-pre-wrap break-words"),
                class_name="rounded-card border border-line bg-surface p-5",
            ),
        ),
        class_name="mx-auto flex max-w-3xl flex-col gap-4 p-6",
    )


def add_all(app: rx.App) -> None:
    """Adds /dev/mailbox, /dev/kit, and the whole pages that the kit shows."""
    app.add_page(mailbox, route="/dev/mailbox", title="Mailbox", on_load=MailboxState.open_page)
    for route, page in {kit.ROUTE: kit.page, **kit.whole_pages()}.items():
        app.add_page(page, route=route, title="Kit", on_load=ShellState.open_public_page)

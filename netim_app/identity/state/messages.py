"""What a page says: the messages of a refusal, and notices."""

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.core.errors import DomainError
from netim_app.identity.state.shell import ShellState
from netim_app.reflex_port.visits import visit_of
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState

SUPPORT_CONTACT = get_brand().support


async def explain(state: rx.State, error: DomainError) -> dict[str, str]:
    """The messages of a refusal in the page's language, by field. The empty name stands for the whole form."""
    (await state.get_state(ShellState)).answers += 1
    language = (await state.get_state(LocaleState)).locale
    return {fault.field: in_words(language, fault.key, **fault.params) for fault in error.all}


def in_words(language: str, key: str, **params: object) -> str:
    """The text of a key. If there is a support address and the text has a variant that names it, that variant."""
    with_support = f"{key}.support"
    if SUPPORT_CONTACT and catalog.has(with_support):
        return f"{catalog.text(language, with_support, **params)} {SUPPORT_CONTACT}"
    return catalog.text(language, key, **params)


async def show_notice(state: rx.State, kind: str, key: str, *, undo: str = "", **params: object) -> None:
    """Shows a notice on the page and says it to screen readers.

    Args:
        state: any state of the tab.
        kind: success, info, warning or danger.
        key: the key of the text.
        undo: name of the feature whose `undo` reverses what happened; the notice then has a button for it.
        params: values for the placeholders of the text.
    """
    shell = await state.get_state(ShellState)
    shell.answers += 1
    shell._notice_visit, shell._visit_being_left = visit_of(state), ""
    shell.notice_kind, shell.notice_undo = kind, undo
    shell.notice_number += 1
    shell.notice = in_words((await state.get_state(LocaleState)).locale, key, **params)

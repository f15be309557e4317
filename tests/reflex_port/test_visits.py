import reflex as rx
from reflex.istate.data import RouterData

from netim_app.reflex_port.visits import begin_event, is_over, visit_of


class DialogState(rx.State):
    _visit: str = ""


def tab(path: str, session: str) -> rx.State:
    root = rx.State()
    root.router = RouterData.from_router_data({"pathname": path, "asPath": f"{path}?open=x", "sid": session})
    return root


def at(path: str, session: str) -> str:
    return visit_of(tab(path, session))


def test_another_page_or_another_load_is_another_visit() -> None:
    assert at("/account/a", "1") == at("/account/a", "1")
    assert len({at("/account/a", "1"), at("/account/b", "1"), at("/account/a", "2")}) == 3


def test_a_document_that_connects_anew_is_the_same_visit() -> None:
    def connected_by(socket: str, document: str) -> str:
        begin_event(document)
        return at("/account/a", socket)

    first, again, loaded_anew = connected_by("1", "1"), connected_by("2", "1"), connected_by("3", "3")

    begin_event("")
    assert first == again != loaded_anew


def test_a_dialog_for_the_page_that_comes_next_stays_until_that_page_was_left() -> None:
    before, there, after = tab("/account/a", "1"), tab("/account/b", "1"), tab("/account/a", "1")
    dialog = DialogState()
    dialog._visit = visit_of(before, "/account/b")

    assert [is_over(dialog, page) for page in (before, there, there, after)] == [False, False, False, True]


def test_a_dialog_for_the_page_that_comes_next_ends_with_its_document() -> None:
    dialog = DialogState()
    dialog._visit = visit_of(tab("/account/a", "1"), "/account/b")

    assert is_over(dialog, tab("/account/b", "2"))

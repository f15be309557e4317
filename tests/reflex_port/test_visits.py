import reflex as rx
from reflex.istate.data import RouterData

from netim_app.reflex_port.visits import begin_event, visit_of


def at(path: str, session: str) -> str:
    root = rx.State()
    root.router = RouterData.from_router_data({"pathname": path, "asPath": f"{path}?open=x", "sid": session})
    return visit_of(root)


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

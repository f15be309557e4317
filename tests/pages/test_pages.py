import ast
import re
from typing import Any

import pytest

from netim_app import pages
from netim_app.feature import GROUPS
from netim_app.identity.access import access_of
from netim_app.offers import offers
from netim_app.pages import connection_and_security, home, not_found, personal_information
from tests.house.modules import sources
from tests.kit.components import elements

ROUTES = {
    "/",
    "404",
    "/login",
    "/signup",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/restore-email",
    "/recover-account",
    "/did-you-send-this",
    "/not-me",
    "/alert-copy",
    "/account/personal-information",
    "/account/connection-and-security",
}


class Recorder:
    """Stands in for rx.App: keeps what is added."""

    def __init__(self) -> None:
        self.pages: dict[str, dict[str, Any]] = {}

    def add_page(self, component: Any, *, route: str, **options: Any) -> None:
        assert route not in self.pages
        self.pages[route] = {"component": component, **options}


@pytest.fixture
def added() -> dict[str, dict[str, Any]]:
    app: Any = Recorder()
    pages.add_all(app)
    return app.pages


def test_the_product_has_these_pages_and_no_other(added: dict[str, dict[str, Any]]) -> None:
    assert set(added) == ROUTES


def test_every_page_has_a_title_in_both_languages(added: dict[str, dict[str, Any]]) -> None:
    for route, page in added.items():
        assert "Netim Direct" in str(page["title"]), route
        assert '"fr"' in str(page["title"]), route


def test_what_runs_when_a_page_opens_is_marked(added: dict[str, dict[str, Any]]) -> None:
    for route, page in added.items():
        on_load = page["on_load"] if isinstance(page["on_load"], list) else [page["on_load"]]
        assert on_load
        for handler in on_load:
            mark = access_of(handler.fn)
            assert mark is not None, route
            assert route.startswith("/account/") == (mark.level > 0), route


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_page_can_be_built(added: dict[str, dict[str, Any]], route: str) -> None:
    assert str(added[route]["component"]())


def position(markup: str, *parts: str) -> list[int]:
    found = [markup.find(part) for part in parts]
    assert -1 not in found, dict(zip(parts, found, strict=True))
    return found


GROUPED = {
    "logging_in": {"password", "two-factor"},
    "access": {"email-alerts", "ip-restriction", "sessions"},
    "activity": {"recent-activity"},
}
"""Anchors by group: mails and the gauge lead to them."""


def test_connection_and_security_shows_the_gauge_and_then_every_card_in_its_group() -> None:
    markup = str(connection_and_security.page())
    anchors = {group: [anchor_of(card()) for card in offers().cards(group)] for group in GROUPS}

    in_order = ["security-level"]
    for group, cards in anchors.items():
        assert GROUPED[group] <= set(cards)
        in_order += [group.replace("_", "-"), *cards]
    found = position(markup, '"Connection and Security"', *(f'id:"{name}"' for name in in_order))

    assert found[1:] == sorted(found[1:])
    for name in ("logging-in", "access", "activity"):
        assert f'href:"#{name}"' in markup


def test_no_two_cards_of_a_group_have_the_same_icon() -> None:
    for group in GROUPS:
        icons = [str(elements(card(), "svg")[0]) for card in offers().cards(group)]
        assert len(set(icons)) == len(icons), group


def test_backup_codes_are_a_part_of_the_card_of_two_factor_authentication() -> None:
    (card,) = (card for card in offers().cards("logging_in") if anchor_of(card()) == "two-factor")

    assert 'id:"backup-codes"' in str(card())


def anchor_of(card: Any) -> str:
    """The anchor of a card, by which its title names it."""
    found = re.search(r'"aria-labelledby":"([a-z-]+)-title"', str(card))
    assert found
    return found[1]


def test_personal_information_shows_the_gauge_and_the_customers_data() -> None:
    markup = str(personal_information.page())

    position(markup, '"Increase your account security"', 'id:"security-level"', '"First name"', '"Email address"')


def test_every_protection_leads_to_a_card_that_is_there() -> None:
    markup = str(connection_and_security.page())

    for protection in offers().protections:
        path, _, anchor = protection.href.partition("#")
        assert path == "/account/connection-and-security"
        assert f'id:"{anchor}"' in markup, protection.key


@pytest.mark.parametrize("page", [home.page, not_found.page])
def test_public_pages_show_nobodys_data(page: Any) -> None:
    assert "customer_name" not in str(page())


def test_only_the_composition_root_adds_the_pages_for_developers() -> None:
    importers = {
        path
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "development" in {alias.name for alias in node.names}
    }

    assert importers == {"netim_app.py"}

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from netim_app import offers as offers_of
from netim_app.core.actor import Actor, Visitor, actor, set_caller, visitor
from netim_app.core.errors import DomainError, InvalidForm
from netim_app.core.facts import Fact, Origin
from netim_app.feature import GROUPS, Feature, LoginPolicy, Protection, Refresher, Subscription
from netim_app.identity.facts import LoggedIn, PasswordChanged, SessionsRevoked
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import Offers
from netim_app.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def show(_state: object, _rows: object) -> None: ...


def card(name: str) -> Callable[[], str]:
    return lambda: name


def a_feature(name: str, **more: Any) -> Feature:
    return Feature(
        name=name,
        protections=(Protection(key=name, points=1, active=lambda _u, _a: True, changed_by=(), href="/"),),
        login_policies=(LoginPolicy(name=name, refusal=lambda _u, _a, _o: None),),
        subscriptions=(Subscription(fact=Fact, handle=lambda _u, _f: None),),
        card=card(name),
        refresher=Refresher(changed_by=(Fact,), load=lambda _u, _a: name, show=show),
        **more,
    )


def test_offers_come_in_the_order_of_the_features() -> None:
    offers = Offers((a_feature("b"), Feature(name="bare"), a_feature("a")))

    assert [p.key for p in offers.protections] == ["b", "a"]
    assert [g.name for g in offers.login_policies] == ["b", "a"]
    assert len(offers.subscriptions) == 2
    assert [c() for c in offers.cards("access")] == ["b", "a"]
    assert [r.load(None, 0) for r in offers.refreshers.values()] == ["b", "a"]


def test_a_fact_concerns_the_features_that_name_it_or_its_base() -> None:
    class Narrow(Fact):
        pass

    def feature_of(name: str, *facts: type[Fact]) -> Feature:
        return Feature(name=name, refresher=Refresher(changed_by=facts, load=lambda _u, _a: name, show=show))

    others = {"one": Refresher(changed_by=(Narrow,), load=lambda _u, _a: "", show=show)}
    shows_others = Feature(name="gauge", refreshers_of_others=lambda: others)
    offers = Offers((feature_of("all", Fact), feature_of("narrow", Narrow), feature_of("none"), shows_others))

    assert offers.changed_by(Fact) == ("all",)
    assert offers.changed_by(Narrow) == ("all", "narrow", "gauge.one")


def test_a_feature_needs_nothing_but_a_name() -> None:
    offers = Offers((Feature(name="bare"),))

    assert offers.protections == offers.login_policies == offers.subscriptions == offers.cards("access") == ()
    assert offers.refreshers == {}


def test_a_card_is_in_the_group_that_its_feature_names() -> None:
    offers = Offers((a_feature("a"), a_feature("b", group="logging_in"), a_feature("c", group="activity")))

    assert {group: [card() for card in offers.cards(group)] for group in GROUPS} == {
        "logging_in": ["b"],
        "access": ["a"],
        "activity": ["c"],
    }


def test_what_is_installed_is_offered_and_replaces_what_was_before() -> None:
    offers_of.install([a_feature("first")])
    offers_of.install([a_feature("second")])

    assert [f.name for f in offers_of.offers().features] == ["second"]


@pytest.mark.parametrize(
    ("recorded", "heard"),
    [
        (PasswordChanged(account_id=1, at=NOW, way="reset"), ["password", "fact"]),
        (SessionsRevoked(account_id=1, at=NOW), ["fact"]),
        (LoggedIn(account_id=1, at=NOW, session_id=1, known_browser=True), ["fact", "logged_in"]),
    ],
)
def test_a_fact_reaches_those_who_subscribed_to_its_kind_in_registry_order(recorded: Fact, heard: list[str]) -> None:
    calls: list[tuple[str, object, Fact]] = []

    def listener(name: str, kind: type[Fact]) -> Feature:
        return Feature(
            name=name,
            subscriptions=(Subscription(fact=kind, handle=lambda u, f: calls.append((name, u, f))),),
        )

    offers_of.install([listener("password", PasswordChanged), listener("fact", Fact), listener("logged_in", LoggedIn)])
    nothing: Any = None
    unit = UnitOfWork(nothing, NOW, Settings(), nothing)

    unit.record(recorded)

    assert [name for name, _, _ in calls] == heard
    assert all(u is unit and f is recorded for _, u, f in calls)


def test_the_names_of_features_protections_and_gates_are_unique() -> None:
    from netim_app.registry import install_features

    install_features()
    offers = offers_of.offers()

    for names in (
        [f.name for f in offers.features],
        [p.key for p in offers.protections],
        [g.name for g in offers.login_policies],
    ):
        assert len(names) == len(set(names))


def test_each_offered_step_of_the_wizard_is_opened_by_a_handler_of_its_feature() -> None:
    """A handler of another one would know nothing of what is due."""
    from netim_app.registry import install_features

    install_features()
    offering = [each for each in offers_of.offers().features if each.wizard_steps]

    assert offering
    for each in offering:
        own = f"netim_app.features.{each.name}."
        assert all(step.begin.fn.__module__.startswith(own) for step in each.wizard_steps), each.name


# The caller


def an_actor() -> Actor:
    return Actor(origin=Origin(), account_id=1, session_id=2, fresh_until=NOW, revision=0)


def test_a_guest_is_a_visitor_and_no_actor() -> None:
    guest = Visitor(browser_digest="d")
    set_caller(guest)

    assert visitor() is guest
    with pytest.raises(PermissionError):
        actor()


def test_a_customer_is_both() -> None:
    customer = an_actor()
    set_caller(customer)

    assert visitor() is actor() is customer


@pytest.mark.parametrize(("seconds", "fresh"), [(-1, True), (0, False), (1, False)])
def test_a_proof_counts_until_its_end_and_not_at_its_end(seconds: int, fresh: bool) -> None:
    from datetime import timedelta

    assert an_actor().is_fresh(NOW + timedelta(seconds=seconds)) is fresh


# Refusals


def test_a_refusal_is_its_own_only_fault_and_a_form_lists_all() -> None:
    one = DomainError("login.wrong", field="email", limit=5)
    other = DomainError("form.required")

    assert list(one.all) == [one]
    assert (one.key, one.field, one.params) == ("login.wrong", "email", {"limit": 5})
    assert list(InvalidForm([one, other]).all) == [one, other]
    assert isinstance(InvalidForm([one]), DomainError)

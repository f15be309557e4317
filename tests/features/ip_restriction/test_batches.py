"""Several rules at once: all or nothing, one fact, one mail."""

from dataclasses import replace
from typing import Any

import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.features.ip_restriction.facts import IpRuleAdded, IpRulesAdded
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.rules.spans import MAX_RULES
from netim_app.features.ip_restriction.service import batches, mails, rule_list
from netim_app.features.ip_restriction.service.batches import Preview
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, HERE, at_once, last_mail, logged_in_actor, mailed
from tests.kit.listeners import heard

TWO = ("192.0.2.0/24", "198.51.100.7")


@pytest.fixture
def caller(units: Units) -> Actor:
    return logged_in_actor(units)


def add(units: Units, caller: Actor, *rules: str, note: str = "") -> int:
    with units.write() as unit:
        return batches.add_rules(unit, caller, [(parse(rule), note) for rule in rules])


def preview(units: Units, caller: Actor, text: str) -> Preview:
    with units.read() as unit:
        return batches.preview(unit, caller, text)


def listed(units: Units, caller: Actor) -> list[tuple[str, str]]:
    with units.read() as unit:
        return [(rule.text, rule.note) for rule in rule_list.view_restriction(unit, caller.account_id).rules]


def numbered(count: int) -> list[str]:
    return [f"10.0.{number}.1" for number in range(count)]


def test_a_list_is_one_fact_and_one_mail(units: Units, caller: Actor) -> None:
    facts: list[Fact] = heard()

    assert add(units, caller, *TWO, note="Office") == 2

    assert listed(units, caller) == [(rule, "Office") for rule in TWO]
    about: dict[str, Any] = {"account_id": caller.account_id, "at": units.clock(), "origin": HERE}
    assert facts == [IpRulesAdded(**about, rules=TWO)]
    assert mailed(units) == [("ip_restriction_changed", EMAIL)]
    mail = last_mail(units, "ip_restriction_changed")
    assert mail.subject == "2 rules were added to your Netim Direct IP restriction"
    assert "192.0.2.0/24, 198.51.100.7" in mail.text


def test_a_list_of_one_is_a_rule_like_any_other(units: Units, caller: Actor) -> None:
    facts = heard()

    assert add(units, caller, "198.51.100.7") == 1

    assert [type(fact) for fact in facts] == [IpRuleAdded]
    assert last_mail(units, "ip_restriction_changed").subject == "IP restriction: 198.51.100.7 added"


def test_what_is_there_already_is_left_out_and_nothing_new_tells_nobody(units: Units, caller: Actor) -> None:
    add(units, caller, *TWO)
    facts = heard()

    assert add(units, caller, *TWO) == 0
    assert facts == []
    assert add(units, caller, *TWO, "203.0.113.9") == 1
    assert len(listed(units, caller)) == 3


def test_a_full_list_is_added_at_once_and_the_mail_names_the_first(units: Units, caller: Actor) -> None:
    assert add(units, caller, *numbered(MAX_RULES)) == MAX_RULES

    assert len(listed(units, caller)) == MAX_RULES
    assert mailed(units) == [("ip_restriction_changed", EMAIL)]
    mail = last_mail(units, "ip_restriction_changed")
    assert mail.subject == f"{MAX_RULES} rules were added to your Netim Direct IP restriction"
    assert f"10.0.{mails.MOST_NAMED - 1}.1" in mail.text
    assert f"10.0.{mails.MOST_NAMED}.1" not in mail.text


def test_what_finds_no_room_is_not_half_written(units: Units, caller: Actor) -> None:
    add(units, caller, *numbered(MAX_RULES - 1))
    facts = heard()

    with pytest.raises(DomainError) as refused:
        add(units, caller, *TWO)

    assert (refused.value.key, refused.value.field) == ("ip_restriction.list.full", "list")
    assert (len(listed(units, caller)), facts) == (MAX_RULES - 1, [])
    assert add(units, caller, TWO[0]) == 1


def test_two_lists_at_once_are_counted_together(units: Units, caller: Actor) -> None:
    lists = [[f"10.{first}.{number}.1" for number in range(MAX_RULES // 2 + 1)] for first in (1, 2)]

    def tried(number: int) -> str:
        try:
            add(units, caller, *lists[number])
        except DomainError as error:
            return error.key
        return ""

    assert sorted(at_once(2, tried)) == ["", "ip_restriction.list.full"]
    assert len(listed(units, caller)) == MAX_RULES // 2 + 1


def test_the_same_list_at_once_is_added_once(units: Units, caller: Actor) -> None:
    assert sorted(at_once(2, lambda _: add(units, caller, *TWO))) == [0, 2]
    assert len(listed(units, caller)) == 2


def test_lists_of_others_are_others(units: Units, caller: Actor) -> None:
    other = logged_in_actor(units, "bob@example.org")
    add(units, caller, *TWO)

    assert add(units, other, *TWO) == 2
    assert [entry.outcome for entry in preview(units, other, "203.0.113.9").entries] == ["new"]


def test_a_preview_writes_nothing_and_knows_the_list(units: Units, caller: Actor) -> None:
    add(units, caller, *TWO)

    found = preview(units, caller, "198.51.100.7\n203.0.113.9 Lyon\n203.0.113.9/24")

    assert [entry.outcome for entry in found.entries] == ["listed", "new", "wrong"]
    assert len(listed(units, caller)) == 2
    with pytest.raises(DomainError) as refused:
        preview(units, caller, "\n".join(numbered(MAX_RULES - 1)))
    assert refused.value.params == {"limit": MAX_RULES, "count": MAX_RULES - 2, "pasted": MAX_RULES - 1}


@pytest.mark.parametrize(
    ("text", "here", "out", "missing"),
    [
        ("203.0.113.9", HERE.address, True, 6),
        (f"203.0.113.9\n{HERE.address}", HERE.address, False, 6),
        ("203.0.113.9", "", False, 6),
        ("8.8.8.8", "2001:4860::1", True, 6),
        ("2001:4860::/64", "2001:4860::1", False, 4),
        ("2001:4860::/64, 8.8.8.8", "2001:4860::1", False, 0),
    ],
)
def test_a_preview_says_what_would_become_of_the_customers_own_connection(
    units: Units, caller: Actor, text: str, here: str, out: bool, missing: int
) -> None:
    found = preview(units, replace(caller, origin=Origin(address=here)), text)

    assert (found.here_out, found.family_missing) == (out, missing)


def test_an_address_on_the_list_already_keeps_the_customer_in(units: Units, caller: Actor) -> None:
    add(units, caller, HERE.address)

    assert not preview(units, caller, "203.0.113.9").here_out


def test_of_ipv6_the_network_of_the_connection_is_added(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        six = replace(caller, origin=Origin(address="2001:4860:1:2:3:4:5:6"))
        assert rule_list.add_present_address(unit, six).text == "2001:4860:1:2::/64"


@pytest.mark.parametrize(
    ("rule", "here", "remark", "line"),
    [
        ("192.168.1.10", "8.8.8.8", "private", ""),
        ("192.168.1.10", "192.168.1.10", "", ""),  # reached without the internet in between
        ("203.0.113.9", "8.8.8.8", "reserved", ""),
        ("9.9.9.9", "8.8.8.8", "", ""),
        ("2001:4860:1:2:3:4:5:6", "8.8.8.8", "line", "2001:4860:1:2::/64"),
    ],
)
def test_what_should_be_known_about_a_rule_is_told(
    units: Units, caller: Actor, rule: str, here: str, remark: str, line: str
) -> None:
    with units.write() as unit:
        added = rule_list.add_rule(unit, replace(caller, origin=Origin(address=here)), parse(rule), "")
        [shown] = rule_list.view_restriction(unit, caller.account_id).seen_from(parse(here))

    assert (added.remark, added.line) == (remark, line)
    assert shown.remark == ("" if remark == "line" else remark)

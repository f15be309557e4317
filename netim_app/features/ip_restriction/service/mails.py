"""Mails about refused logins and changes of the list."""

from netim_app.core.facts import Fact
from netim_app.features.ip_restriction.facts import (
    IpRestrictionSwitched,
    IpRuleAdded,
    IpRuleRemoved,
    IpRulesAdded,
    IpRulesTakenBack,
)
from netim_app.features.ip_restriction.service import access
from netim_app.identity import facts, notices
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork

REFUSED_MAIL = "login_blocked"
CHANGED_MAIL = "ip_restriction_changed"
REMOVED_MAIL = f"{CHANGED_MAIL}.removed"
MANY = {
    "on": "ip_restriction.many.on",
    "off": "ip_restriction.many.off",
    "added": "ip_restriction.many.added",
    "removed": "ip_restriction.many.removed",
}
MOST_NAMED = 20
"""How many rules the mail about an added list names; it counts the others."""


def mail_change(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the customer about every change of the list and its switch."""
    change, rule, count = "", "", 1
    if isinstance(fact, IpRestrictionSwitched):
        change = "on" if fact.on else "off"
    elif isinstance(fact, IpRuleAdded):
        change, rule = "added", fact.rule
    elif isinstance(fact, IpRulesAdded):
        count = len(fact.rules)
        change, rule = "added_many" if count <= MOST_NAMED else "added_list", ", ".join(fact.rules[:MOST_NAMED])
    elif isinstance(fact, IpRuleRemoved):
        change, rule = "removed", fact.rule
    kind = change.partition("_")[0]
    notices.notify_up_to_a_cap(
        unit,
        CHANGED_MAIL,
        fact,
        kind=kind,
        card="ip-restriction",
        many=MANY[kind],
        change=change,
        rule=rule,
        count=count,
    )


def mail_taken_back(unit: UnitOfWork, fact: IpRulesTakenBack) -> None:
    """Mails the customer which rules were removed. Its kind differs from a removal's, which may be a thief's."""
    rules, count = ", ".join(fact.rules[:MOST_NAMED]), len(fact.rules)
    notices.notify(unit, CHANGED_MAIL, fact, kind="taken_back", change="taken_back", rule=rules, count=count)


def withdraw_off(unit: UnitOfWork, account_id: int) -> None:
    """Withdraws this unit's mail that the restriction is off: another mail says so."""
    outbox.withdraw(unit, account_id, f"{CHANGED_MAIL}.off")


def mail_refused(unit: UnitOfWork, fact: facts.LoginBlocked) -> None:
    """Mails that somebody entered the right password from an address that is not on the list.

    It sends one mail an hour at most; another mail then says how many more attempts there were.
    """
    if fact.reason != access.REFUSED or fact.way != "password":
        return
    many = "ip_restriction.many.refused"
    notices.notify_up_to_a_cap(unit, REFUSED_MAIL, fact, kind=fact.way, card="recent-activity", many=many, cap=1)

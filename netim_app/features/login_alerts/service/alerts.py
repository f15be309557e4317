"""Stores which logins are mailed, and mails them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.features.login_alerts import rules
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.rules import DEFAULT, Setting
from netim_app.features.login_alerts.service import copies
from netim_app.features.login_alerts.service.copies import NO_COPY, CopyEmail
from netim_app.features.login_alerts.tables import AlertCopy, LoginAlert
from netim_app.identity import accounts, freeze, known_browsers, notices
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import LoggedIn
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers
from netim_app.texts import catalog, formats

OFF_MAIL = "alerts_off"
_ALERTS = table_of(LoginAlert)
_OF_ACCOUNT = _ALERTS.c.account_id == sa.bindparam("account")
_ALERT = sa.select(_ALERTS.c.setting, _ALERTS.c.since).where(_OF_ACCOUNT)
_CHOOSE = sa.update(_ALERTS).where(_OF_ACCOUNT).values(setting=sa.bindparam("chosen"), since=sa.bindparam("now"))
_CHOOSE_FIRST = sa.insert(_ALERTS)


@dataclass(frozen=True)
class AlertSetting:
    """`since` is a date in the customer's language; empty before the first choice."""

    setting: Setting
    since: str = ""
    copy: CopyEmail = NO_COPY


def setting_of(unit: UnitOfWork, account_id: int) -> Setting:
    """Which logins to the account are mailed."""
    alert = unit.row(_ALERT, account=account_id)
    return DEFAULT if alert is None else alert.setting


def mails_every_login(unit: UnitOfWork, account_id: int) -> bool:
    """Whether every login is mailed. That gives points: nobody logs in unnoticed."""
    return setting_of(unit, account_id) == "every"


def view_setting(unit: UnitOfWork, account_id: int) -> AlertSetting:
    """The card's content."""
    alert = unit.row(_ALERT, account=account_id)
    copy = copies.view_copy(unit, account_id)
    if alert is None:
        return AlertSetting(DEFAULT, copy=copy)
    language, time_zone = accounts.locale_of(unit, account_id)
    return AlertSetting(alert.setting, formats.format_date(alert.since, language, time_zone), copy)


def choose(unit: UnitOfWork, actor: Actor, setting: Setting) -> Setting:
    """Sets which logins are mailed; returns the previous setting. The same setting again changes nothing.

    Raises:
        DomainError: fewer logins would be mailed, and the account is frozen.
    """
    lock_account(unit, actor.account_id)
    before = setting_of(unit, actor.account_id)
    if setting == before:
        return before
    lowered = rules.is_lower(setting, before)
    if lowered:
        freeze.refuse_while_frozen(unit, actor.account_id)
    if not unit.run(_CHOOSE, {"account": actor.account_id, "chosen": setting, "now": unit.now}).rowcount:
        unit.run(_CHOOSE_FIRST, {"account_id": actor.account_id, "setting": setting, "since": unit.now})
    unit.record(
        AlertsSwitched(account_id=actor.account_id, at=unit.now, origin=actor.origin, setting=setting, lowered=lowered)
    )
    return before


def mail_login(unit: UnitOfWork, fact: LoggedIn) -> None:
    """Mails the customer about a login that the setting covers. A mail that summarises several logins is not copied."""
    new = not fact.known_browser and not known_browsers.is_first_browser(unit, fact.account_id)
    setting = setting_of(unit, fact.account_id)
    with_code = fact.factor in {factor.name for factor in offers().second_factors}
    if not rules.is_mailed(setting, new_browser=new, with_code=with_code):
        return
    kind = "known_browser" if fact.known_browser else "new_browser"
    many = "login_alerts.many.known" if fact.known_browser else "login_alerts.many.new"
    language, _ = accounts.locale_of(unit, fact.account_id)
    how = catalog.text(language, offers().ways_in.get(fact.factor, "login_alerts.by_password"))
    is_sent = notices.notify_up_to_a_cap(
        unit,
        "logged_in",
        fact,
        kind=kind,
        card="recent-activity",
        many=many,
        known_browser=fact.known_browser,
        how=how,
    )
    if is_sent:
        copies.mail_copy(unit, fact, how)


def mail_lowered(unit: UnitOfWork, fact: AlertsSwitched) -> None:
    """Mails that the setting was lowered: a thief would do that first in order to log in unnoticed."""
    if fact.lowered:
        many = "login_alerts.many.off" if fact.setting == "off" else "login_alerts.many.lowered"
        notices.notify_up_to_a_cap(
            unit, OFF_MAIL, fact, kind=fact.setting, card="email-alerts", many=many, change=fact.setting
        )


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data"."""
    return {
        "switch": export_rows(unit, LoginAlert, account_id, "setting", "since"),
        "copies": export_rows(unit, AlertCopy, account_id, "email", "added_at", "confirmed_at"),
    }

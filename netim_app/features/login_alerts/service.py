"""Switching alerts, and mailing them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.tables import LoginAlert
from netim_app.identity import accounts, known_browsers, notices, sessions
from netim_app.identity.facts import LoggedIn
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers
from netim_app.texts import catalog

_ALERTS = table_of(LoginAlert)
_ALERT = sa.select(_ALERTS.c.on_since).where(_ALERTS.c.account_id == sa.bindparam("account"))
_ON = sa.insert(_ALERTS)
_OFF = sa.delete(_ALERTS).where(_ALERTS.c.account_id == sa.bindparam("account"))


@dataclass(frozen=True)
class AlertSetting:
    """`since` is a date in the customer's language, or empty while alerts are off."""

    on: bool
    since: str = ""


def alerts_on(unit: UnitOfWork, account_id: int) -> bool:
    """Whether logins to the account are mailed."""
    return unit.row(_ALERT, account=account_id) is not None


def view_setting(unit: UnitOfWork, account_id: int) -> AlertSetting:
    """What the card shows."""
    alert = unit.row(_ALERT, account=account_id)
    if alert is None:
        return AlertSetting(on=False)
    language, time_zone = accounts.locale_of(unit, account_id)
    return AlertSetting(on=True, since=catalog.format_date(alert.on_since, language, time_zone))


def switch_alerts(unit: UnitOfWork, actor: Actor, on: bool) -> None:
    """Switches alerts on or off. Doing it twice changes nothing and sends no mail."""
    sessions.lock_account(unit, actor.account_id)
    if on == alerts_on(unit, actor.account_id):
        return
    if on:
        unit.run(_ON, {"account_id": actor.account_id, "on_since": unit.now})
    else:
        unit.run(_OFF, {"account": actor.account_id})
    unit.record(AlertsSwitched(account_id=actor.account_id, at=unit.now, origin=actor.origin, on=on))


def mail_login(unit: UnitOfWork, fact: LoggedIn) -> None:
    """Mails the customer about a login: about each one when alerts are on, else about one in a new browser."""
    new = not fact.known_browser and not known_browsers.is_first_browser(unit, fact.account_id)
    if new or alerts_on(unit, fact.account_id):
        kind = "known_browser" if fact.known_browser else "new_device"
        many = "login_alerts.many.known" if fact.known_browser else "login_alerts.many.new"
        language, _ = accounts.locale_of(unit, fact.account_id)
        notices.notify_up_to_a_cap(
            unit,
            "logged_in",
            fact,
            kind=kind,
            card="recent-activity",
            many=many,
            known_browser=fact.known_browser,
            how=catalog.text(language, offers().ways_in.get(fact.factor, "login_alerts.by_password")),
        )


def mail_switched_off(unit: UnitOfWork, fact: AlertsSwitched) -> None:
    """Switching the alerts off is reported by one last mail."""
    if not fact.on:
        notices.notify_up_to_a_cap(
            unit, "alerts_off", fact, kind="off", card="email-alerts", many="login_alerts.many.off"
        )


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data"."""
    return {"switch": export_rows(unit, LoginAlert, account_id, "on_since")}

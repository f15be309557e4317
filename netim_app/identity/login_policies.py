"""Asks the features' login policies about a login or an open session."""

from netim_app.core.facts import Origin
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers


def refusal(unit: UnitOfWork, account_id: int, origin: Origin) -> str | None:
    """The first reason (text key) why a login policy refuses this caller; None if all accept."""
    reasons = (policy.refusal(unit, account_id, origin) for policy in offers().login_policies)
    return next((reason for reason in reasons if reason is not None), None)

"""Accounts whose owners chose a ceremony as the only way in: no password, no code and no reset opens them.

Every other way in calls this module first. The feature provides the way back in without the ceremony
(`feature.Ceremony`).
"""

from datetime import datetime

from netim_app.core.facts import Fact
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers


def is_chosen(unit: UnitOfWork, account_id: int) -> bool:
    """Whether nothing but a ceremony opens the account."""
    return any(ceremony.sole_since(unit, account_id) for ceremony in offers().ceremonies)


def is_chosen_before(unit: UnitOfWork, account_id: int, moment: datetime) -> bool:
    """The same, if that was chosen before a moment."""
    chosen = (ceremony.sole_since(unit, account_id) for ceremony in offers().ceremonies)
    return any(since is not None and since < moment for since in chosen)


def mail_way_back(unit: UnitOfWork, asked: Fact) -> bool:
    """Mails what such an account gets instead of a link to a new password. False for every other account."""
    chosen = [ceremony for ceremony in offers().ceremonies if ceremony.sole_since(unit, asked.account_id)]
    for ceremony in chosen:
        ceremony.mail_way_back(unit, asked)
    return bool(chosen)

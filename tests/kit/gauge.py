"""The gauge of an account as its rows say it, whatever a page shows."""

from netim_app.features.gauge.rules import Figures, figures
from netim_app.features.gauge.state import counted
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import offers


def in_force(unit: UnitOfWork, account_id: int) -> dict[str, bool]:
    """By the key of a protection, whether it protects the account now."""
    return {protection.key: protection.active(unit, account_id) for protection in offers().protections}


def gauge(units: Units, account_id: int) -> Figures:
    """The figures of the account now."""
    with units.read() as unit:
        done = in_force(unit, account_id)
    return figures(counted(), done)

"""What is stored: the rows, and what their secrets are sealed with."""

from sqlmodel import col, func, select

from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork


def authenticators_of(unit: UnitOfWork, account_id: int) -> list[TotpAuthenticator]:
    """The authenticators of an account, the oldest first, as the database has them now."""
    found = (
        select(TotpAuthenticator).where(TotpAuthenticator.account_id == account_id).order_by(col(TotpAuthenticator.id))
    )
    return list(unit.session.exec(found.execution_options(populate_existing=True)))


def count(unit: UnitOfWork, account_id: int) -> int:
    """How many authenticators the account has."""
    return unit.session.exec(select(func.count()).where(TotpAuthenticator.account_id == account_id)).one()


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Seals with the present secret what is sealed with the one before."""
    authenticators = unit.session.exec(select(TotpAuthenticator).with_for_update())
    enrolments = unit.session.exec(select(TotpEnrolment).with_for_update())
    return rewrap_rows(unit, authenticators, authenticator_context, "sealed") + rewrap_rows(
        unit, enrolments, enrolment_context, "sealed"
    )


def authenticator_context(authenticator: TotpAuthenticator) -> str:
    """The row that the secret of an authenticator is bound to."""
    return f"totp_authenticator:{authenticator.account_id}:{authenticator.id}"


def enrolment_context(row: TotpEnrolment) -> str:
    """The row that the secret of an enrolment is bound to."""
    return f"totp_enrolment:{row.account_id}:{row.handle}"

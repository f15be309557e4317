"""The stored rows, and the seals of their secrets."""

import sqlalchemy as sa
from sqlmodel import col, select

from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.infra.columns import table_of
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork


def authenticators_of(unit: UnitOfWork, account_id: int) -> list[TotpAuthenticator]:
    """The authenticators of an account, the oldest first, as the database has them now."""
    found = (
        select(TotpAuthenticator).where(TotpAuthenticator.account_id == account_id).order_by(col(TotpAuthenticator.id))
    )
    return list(unit.session.exec(found.execution_options(populate_existing=True)))


_authenticator = table_of(TotpAuthenticator).c
_COUNT = sa.select(sa.func.count()).where(_authenticator.account_id == sa.bindparam("account"))


def count(unit: UnitOfWork, account_id: int) -> int:
    """How many authenticators the account has."""
    number: int = unit.run(_COUNT, {"account": account_id}).scalar_one()
    return number


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

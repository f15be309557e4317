"""The stored rows and their sealed secrets."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork

_AUTHENTICATORS = table_of(TotpAuthenticator)
_authenticator = _AUTHENTICATORS.c
_OF_ACCOUNT = (
    sa.select(_AUTHENTICATORS).where(_authenticator.account_id == sa.bindparam("account")).order_by(_authenticator.id)
)
_REMOVE = sa.delete(_AUTHENTICATORS).where(_authenticator.id == sa.bindparam("authenticator"))


def authenticators_of(unit: UnitOfWork, account_id: int) -> Sequence[sa.Row[Any]]:
    """The authenticators of an account (all columns), oldest first, read again from the database."""
    return unit.rows(_OF_ACCOUNT, account=account_id)


def count(unit: UnitOfWork, account_id: int) -> int:
    """How many authenticators the account has."""
    return len(authenticators_of(unit, account_id))


def remove(unit: UnitOfWork, authenticator_id: int) -> None:
    """Deletes one."""
    unit.run(_REMOVE, {"authenticator": authenticator_id})


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Re-seals with the current secret what the previous one sealed."""
    authenticators = unit.session.exec(select(TotpAuthenticator).with_for_update())
    enrolments = unit.session.exec(select(TotpEnrolment).with_for_update())
    return rewrap_rows(unit, authenticators, authenticator_context, "sealed") + rewrap_rows(
        unit, enrolments, enrolment_context, "sealed"
    )


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the authenticators without their secrets."""
    return {"devices": export_rows(unit, TotpAuthenticator, account_id, "name", "added_at", "last_used_at")}


def authenticator_context(authenticator: TotpAuthenticator | sa.Row[Any]) -> str:
    """The row that the secret of an authenticator is bound to."""
    return f"totp_authenticator:{authenticator.account_id}:{authenticator.id}"


def enrolment_context(row: TotpEnrolment) -> str:
    """The row that the secret of an enrolment is bound to."""
    return f"totp_enrolment:{row.account_id}:{row.handle}"

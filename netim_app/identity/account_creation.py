"""The creation of an account."""

from dataclasses import dataclass

from netim_app.core.facts import Origin
from netim_app.identity import facts, password_policy
from netim_app.identity.email_address import email_key
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class NewCustomer:
    """A checked sign-up form."""

    email: str
    first_name: str
    last_name: str
    password: str
    language: str
    time_zone: str


def create_account(
    unit: UnitOfWork, customer: NewCustomer, password_hash: str, origin: Origin | None = None, *, judged: bool = True
) -> Account:
    """Creates an account whose address is known to be its owner's.

    Args:
        judged: whether today's policy has accepted the password. False for a password from another system.

    Raises:
        IntegrityError: the address already belongs to an account.
    """
    account = Account(
        email=customer.email,
        email_key=email_key(customer.email),
        first_name=customer.first_name,
        last_name=customer.last_name,
        language=customer.language,
        time_zone=customer.time_zone,
        password_hash=password_hash,
        password_changed_at=unit.now,
        password_policy=(
            password_policy.policy(unit.settings.password_min_length) if judged else password_policy.UNKNOWN
        ),
        created_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()  # the fact names its id
    unit.record(facts.AccountCreated(account_id=account.id, at=unit.now, origin=origin or Origin()))
    return account

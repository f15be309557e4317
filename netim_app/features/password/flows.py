"""The change of the password: a check and a new hash, then one unit."""

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.password import service
from netim_app.identity import flows, password_queues, passwords
from netim_app.infra.unit_of_work import in_unit, units


async def change_password(actor: Actor, current: str, new: str, code: str, return_to: str) -> str:
    """Sets a new password and ends all other sessions. Returns the ticket that renews the current one.

    Args:
        actor: the caller. If the last proof is too old, a second factor is also required: `code`.
        current: as typed.
        new: already accepted by the policy.
        code: empty if none is required.
        return_to: the next page.

    Raises:
        DomainError: the current password is wrong or throttled, the new one is the same, or the code is wrong or
            missing. Busy, for the whole form.
    """
    with password_queues.hash_place(actor, actor.account_id):
        try:
            attempt = await flows.check_own_password(actor, current)
        except DomainError as error:
            raise DomainError("password.current_wrong", field="current") from error
        if passwords.composed(new) == passwords.composed(current):
            raise DomainError("password.same", field="password")
        hashed = await passwords.hash_in_pool(new, units().settings.bcrypt_cost)
    return await in_unit(service.replace_password, actor, attempt, hashed, code=code, return_to=return_to)

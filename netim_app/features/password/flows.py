"""Changing the password: a check and a new hash, then one unit."""

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.password import service
from netim_app.identity import flows, password_queues, passwords
from netim_app.infra.unit_of_work import in_unit, units


async def change_password(actor: Actor, current: str, new: str, code: str, return_to: str) -> str:
    """Puts a new password in force and ends all other sessions. Returns the ticket that renews the present one.

    Args:
        actor: the caller. When the last proof is too old, a second factor is asked for, too: `code`.
        current: as it is typed.
        new: checked by the policy already.
        code: empty where none is needed.
        return_to: the page to go on to.

    Raises:
        DomainError: the current password is wrong or throttled, or the new one is the same, or the code is wrong or
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

"""Two-factor authentication by codes of an application (RFC 6238)."""

from netim_app.feature import Feature, Protection, Refresher, SecondFactor, Subscription
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved, AuthenticatorRenamed
from netim_app.features.totp.service import authenticators, codes, enrolments, stored
from netim_app.features.totp.state import TotpDialogState, begin_visit, show_devices
from netim_app.features.totp.view.card import card
from netim_app.identity.facts import (
    AccountUnlocked,
    EmailRestored,
    ProfileChanged,
    SecondFactorDisabled,
    SecondFactorEnabled,
)

TOTP = Feature(
    name="totp",
    protections=(
        Protection(
            key="totp",
            weight=40,
            active=codes.enrolled,
            changed_by=(SecondFactorEnabled, SecondFactorDisabled),
            href="/account/connection-and-security#two-factor",
        ),
    ),
    second_factors=(
        SecondFactor(
            name="totp",
            logged_in="totp.logged_in",
            enrolled=codes.enrolled,
            consume=codes.consume,
            was_used=codes.was_used,
            valid_code_count=codes.valid_code_count,
        ),
    ),
    subscriptions=(
        Subscription(fact=AccountUnlocked, handle=authenticators.switch_off_on_unlock),
        Subscription(fact=EmailRestored, handle=authenticators.remove_since),
        *(
            Subscription(fact=fact, handle=authenticators.mail_change)
            for fact in (SecondFactorEnabled, SecondFactorDisabled, AuthenticatorAdded, AuthenticatorRemoved)
        ),
    ),
    card=card,
    refresher=Refresher(
        changed_by=(
            AuthenticatorAdded,
            AuthenticatorRenamed,
            AuthenticatorRemoved,
            SecondFactorEnabled,
            SecondFactorDisabled,
            EmailRestored,
            ProfileChanged,
        ),
        load=authenticators.view_authenticators,
        show=show_devices,
    ),
    dialogs=(TotpDialogState,),
    page_opened=begin_visit,
    purges=(enrolments.purge,),
    rewrap=stored.rewrap,
)

"""Two-factor authentication by codes of an application (RFC 6238)."""

from netim_app.feature import Feature, Protection, Refresher, SecondFactor, Subscription
from netim_app.features.totp import service
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved
from netim_app.features.totp.state import CHECK, TotpDialogState, TotpWizardState, begin_visit, show_devices
from netim_app.features.totp.view import card
from netim_app.identity.facts import AccountUnlocked, EmailRestored, SecondFactorDisabled, SecondFactorEnabled

TOTP = Feature(
    name="totp",
    protections=(
        Protection(key="totp", weight=40, active=service.enrolled, href="/account/connection-and-security#two-factor"),
    ),
    second_factors=(
        SecondFactor(
            name="totp",
            logged_in="totp.logged_in",
            enrolled=service.enrolled,
            consume=service.consume,
            valid_code_count=service.valid_code_count,
        ),
    ),
    subscriptions=(
        Subscription(fact=AccountUnlocked, handle=service.switch_off_on_unlock),
        Subscription(fact=EmailRestored, handle=service.remove_since),
        *(
            Subscription(fact=fact, handle=service.mail_change)
            for fact in (SecondFactorEnabled, SecondFactorDisabled, AuthenticatorAdded, AuthenticatorRemoved)
        ),
    ),
    card=card,
    refresher=Refresher(load=service.view_authenticators, show=show_devices),
    resumes={
        "totp": TotpWizardState.begin,
        CHECK: TotpWizardState.resume_check,
        "totp_authenticators": TotpDialogState.resume,
        "totp_disable": TotpDialogState.begin_disable,
    },
    dialogs=(TotpDialogState,),
    page_opened=begin_visit,
    purges=(service.purge,),
    rewrap=service.rewrap,
)

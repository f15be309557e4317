"""Two-factor authentication by codes of an application (RFC 6238)."""

from netim_app.core.events import (
    AccountUnlocked,
    DeviceAdded,
    DeviceRemoved,
    EmailRestored,
    SecondFactorDisabled,
    SecondFactorEnabled,
)
from netim_app.core.feature import Feature, Protection, Refresher, SecondFactor, Subscription
from netim_app.features.totp import service
from netim_app.features.totp.state import CHECK, TotpDialogState, TotpWizardState, begin_visit, show_devices
from netim_app.features.totp.view import card

TOTP = Feature(
    name="totp",
    protections=(
        Protection(key="totp", weight=40, active=service.enrolled, href="/account/connection-and-security#two-factor"),
    ),
    second_factors=(
        SecondFactor(name="totp", enrolled=service.enrolled, spend=service.spend, live=service.live_codes),
    ),
    subscriptions=(
        Subscription(fact=AccountUnlocked, handle=service.switch_off_on_unlock),
        Subscription(fact=EmailRestored, handle=service.remove_since),
        *(
            Subscription(fact=fact, handle=service.mail_change)
            for fact in (SecondFactorEnabled, SecondFactorDisabled, DeviceAdded, DeviceRemoved)
        ),
    ),
    card=card,
    refresher=Refresher(load=service.view_devices, show=show_devices),
    resumes={
        "totp": TotpWizardState.begin,
        CHECK: TotpWizardState.resume_check,
        "totp_devices": TotpDialogState.resume,
        "totp_disable": TotpDialogState.begin_disable,
    },
    dialogs=(TotpDialogState,),
    page_opened=begin_visit,
    purge=service.purge,
    rewrap=service.rewrap,
)

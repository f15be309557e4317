"""Two-factor authentication by codes of an application (RFC 6238)."""

from netim_app.core import paths
from netim_app.feature import Feature, Protection, Refresher, ReplacementStep, SecondFactor, Subscription
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved, AuthenticatorRenamed
from netim_app.features.totp.service import authenticators, codes, enrolments, stored
from netim_app.features.totp.state.card import show_authenticators, show_enabled
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.features.totp.state.wizard import TotpWizardState, begin_visit
from netim_app.features.totp.view.card import card
from netim_app.identity import second_factor
from netim_app.identity.facts import (
    AccountUnlocked,
    FactorsChanged,
    ProfileChanged,
    SecondFactorDisabled,
    SecondFactorEnabled,
    TakenBack,
)

TOTP = Feature(
    name="totp",
    protections=(
        Protection(
            key="totp",
            points=40,
            counts_as="second_factor",
            active=second_factor.enrolled,
            changed_by=(SecondFactorEnabled, SecondFactorDisabled, AuthenticatorRemoved, FactorsChanged),
            href=paths.card("two-factor"),
            press=TotpWizardState.begin,
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
        Subscription(fact=TakenBack, handle=authenticators.remove_since),
        *(
            Subscription(fact=fact, handle=authenticators.mail_change)
            for fact in (SecondFactorEnabled, SecondFactorDisabled, AuthenticatorAdded, AuthenticatorRemoved)
        ),
    ),
    card=card,
    group="logging_in",
    refresher=Refresher(
        changed_by=(
            AuthenticatorAdded,
            AuthenticatorRenamed,
            AuthenticatorRemoved,
            SecondFactorEnabled,
            SecondFactorDisabled,
            TakenBack,
            FactorsChanged,
            ProfileChanged,
        ),
        load=authenticators.view_authenticators,
        show=show_authenticators,
    ),
    wizard_done=show_enabled,
    replacement_steps=(
        ReplacementStep(
            key="totp.lost.add", fact=AuthenticatorAdded, press=TotpWizardState.begin, applies=codes.enrolled
        ),
        ReplacementStep(
            key="totp.lost.remove",
            fact=AuthenticatorRemoved,
            press=TotpDialogState.begin_remove_lost,
            applies=codes.enrolled,
        ),
    ),
    dialogs=(TotpDialogState,),
    page_opened=begin_visit,
    purges=(enrolments.purge,),
    rewrap=stored.rewrap,
    export=stored.export,
)

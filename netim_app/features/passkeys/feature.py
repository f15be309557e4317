"""Passkeys: keys in the customer's device or password manager, which no other site can request."""

from netim_app.feature import (
    Ceremony,
    EntryPage,
    Feature,
    OtherWay,
    PeriodicWork,
    Refresher,
    ReplacementStep,
    Subscription,
)
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import (
    PasskeyAdded,
    PasskeyCounterFell,
    PasskeyRemoved,
    PasskeyRenamed,
    PasskeysOnlyOff,
    PasskeysOnlyOn,
    PasskeyUsed,
    RecoveryBegun,
    RecoveryDone,
    RecoveryStopped,
)
from netim_app.features.passkeys.service import challenges, only, passkeys, question, recovery, stored, use
from netim_app.features.passkeys.state.card import PasskeyDialogState, PasskeysState, show_passkeys
from netim_app.features.passkeys.state.entry import PasskeyProofState
from netim_app.features.passkeys.state.only import PasskeysOnlyState
from netim_app.features.passkeys.state.recovery import PasskeyRecoveryState
from netim_app.features.passkeys.view.card import card, gauge_part
from netim_app.features.passkeys.view.entry import code_part, login_part, step_up_part
from netim_app.features.passkeys.view.panels import panels
from netim_app.features.passkeys.view.recovery import page
from netim_app.identity.facts import (
    AccountUnlocked,
    EmailChanged,
    EmailRestored,
    LoggedIn,
    LoginFailed,
    PasswordChanged,
    ProfileChanged,
    SessionsRevoked,
    TakenBack,
)

PASSKEYS = Feature(
    name="passkeys",
    other_ways=(OtherWay(counts_as="second_factor", part=gauge_part),),
    ceremonies=(
        Ceremony(
            name="passkeys",
            logged_in={
                use.ALONE: "passkeys.logged_in",
                use.AFTER_PASSWORD: "passkeys.logged_in_second",
                rules.RECOVERY_FACTOR: "passkeys.logged_in_recovery",
            },
            enrolled=stored.enrolled,
            sole_since=only.on_since,
            mail_way_back=recovery.mail_way_back,
            fallback_factors=(rules.RECOVERY_FACTOR,),
            login_part=login_part,
            code_part=code_part,
            step_up_part=step_up_part,
        ),
    ),
    subscriptions=(
        Subscription(fact=AccountUnlocked, handle=passkeys.remove_on_unlock),
        Subscription(fact=TakenBack, handle=passkeys.remove_since),
        Subscription(fact=PasskeyAdded, handle=passkeys.mail_change),
        Subscription(fact=PasskeyRemoved, handle=passkeys.mail_change),
        Subscription(fact=PasskeyCounterFell, handle=passkeys.mail_change),
        Subscription(fact=PasskeysOnlyOn, handle=only.mail_switched),
        Subscription(fact=PasskeysOnlyOff, handle=only.mail_switched),
        Subscription(fact=LoginFailed, handle=only.mail_password),
        Subscription(fact=LoggedIn, handle=recovery.end_with_login),
        Subscription(fact=LoggedIn, handle=question.put_after_login),
        Subscription(fact=PasswordChanged, handle=recovery.end_with_links),
        Subscription(fact=EmailChanged, handle=recovery.end_with_links),
        Subscription(fact=EmailRestored, handle=recovery.end_with_links),
        Subscription(fact=SessionsRevoked, handle=recovery.end_with_links),
    ),
    card=card,
    panel=panels,
    group="logging_in",
    refresher=Refresher(
        changed_by=(
            PasskeyAdded,
            PasskeyRenamed,
            PasskeyRemoved,
            PasskeyUsed,
            LoggedIn,
            PasskeysOnlyOn,
            PasskeysOnlyOff,
            RecoveryBegun,
            RecoveryStopped,
            RecoveryDone,
            EmailChanged,
            TakenBack,
            ProfileChanged,
        ),
        load=passkeys.view_passkeys,
        show=show_passkeys,
    ),
    entry_pages=(
        EntryPage(
            route="/recover-account",
            title="passkeys.recovery.title",
            content=page,
            opened=PasskeyRecoveryState.open_page,
        ),
    ),
    replacement_steps=(
        ReplacementStep(
            key="passkeys.lost.add", fact=PasskeyAdded, press=PasskeysState.show_card, applies=stored.enrolled
        ),
        ReplacementStep(
            key="passkeys.lost.remove", fact=PasskeyRemoved, press=PasskeysState.show_card, applies=stored.enrolled
        ),
    ),
    dialogs=(PasskeyDialogState, PasskeyProofState, PasskeysOnlyState),
    purges=(challenges.purge, recovery.purge),
    periodic=(PeriodicWork(candidates=recovery.due, handle=recovery.mail_link_when_open),),
    export=stored.export,
)

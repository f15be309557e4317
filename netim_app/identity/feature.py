"""The offers of identity itself, in the form of a feature. The registry does not list it."""

from netim_app.core.facts import Fact
from netim_app.feature import Feature, PeriodicWork, Refresher, Subscription
from netim_app.identity import (
    accounts,
    attempts,
    changes,
    directory_accounts,
    email_change,
    freeze,
    links,
    notices,
    own_data,
    pending_logins,
    profiles,
    recovery,
    second_factor,
    sessions,
    sign_up,
    undo,
)
from netim_app.identity.facts import (
    AccountFrozen,
    AccountUnlocked,
    CodesLockedOut,
    EmailChangeAsked,
    EmailChanged,
    EmailRestored,
    LoggedIn,
    PasswordChanged,
    ProfileChanged,
    SecondFactorDisabled,
    SecondFactorNotCompleted,
    SessionsRevoked,
)
from netim_app.identity.security_log import log_fact
from netim_app.identity.state.profile import EmailState, show_profile
from netim_app.identity.state.step_up import StepUpState

IDENTITY = Feature(
    name="identity",
    subscriptions=(
        Subscription(fact=Fact, handle=changes.bump_revision),
        Subscription(fact=Fact, handle=log_fact),
        Subscription(fact=LoggedIn, handle=accounts.note_login),
        Subscription(fact=PasswordChanged, handle=pending_logins.forget_pending),
        Subscription(fact=PasswordChanged, handle=second_factor.lift_lockout),
        Subscription(fact=PasswordChanged, handle=freeze.open_login),
        Subscription(fact=AccountFrozen, handle=pending_logins.forget_pending),
        Subscription(fact=EmailChanged, handle=undo.offer),
        Subscription(fact=EmailChanged, handle=directory_accounts.note_change),
        Subscription(fact=EmailRestored, handle=directory_accounts.note_change),
        Subscription(fact=EmailRestored, handle=pending_logins.forget_pending),
        Subscription(fact=EmailRestored, handle=second_factor.lift_lockout),
        Subscription(fact=AccountUnlocked, handle=second_factor.lift_lockout),
        Subscription(fact=AccountUnlocked, handle=freeze.end),
        Subscription(fact=SecondFactorDisabled, handle=second_factor.forget_codes),
        Subscription(fact=SecondFactorNotCompleted, handle=notices.mail_second_factor_not_completed),
        Subscription(fact=CodesLockedOut, handle=notices.mail_codes_locked_out),
    ),
    refresher=Refresher(
        changed_by=(ProfileChanged, EmailChangeAsked, EmailChanged, EmailRestored, PasswordChanged, SessionsRevoked),
        load=profiles.view_account,
        show=show_profile,
    ),
    mail_requests={
        recovery.REQUEST: recovery.answer_reset,
        sign_up.REQUEST: sign_up.answer_sign_up,
        email_change.EMAIL_CHANGE_REQUEST: email_change.answer_email_change,
        notices.MORE_NOTICES_REQUEST: notices.answer_more_notices,
    },
    dialogs=(EmailState, StepUpState),
    purges=(sessions.purge, attempts.purge, links.purge, freeze.purge),
    periodic=(
        PeriodicWork(candidates=pending_logins.expired, handle=pending_logins.expire),
        PeriodicWork(candidates=freeze.due, handle=freeze.finish),
    ),
    export=own_data.export,
)

"""Sessions: where the customer is logged in, and how to end that."""

from netim_app.feature import Feature, Refresher, Subscription
from netim_app.features.sessions import service
from netim_app.features.sessions.state import LogOutOthersState, show_sessions
from netim_app.features.sessions.view import card
from netim_app.identity.facts import (
    AccountUnlocked,
    EmailChanged,
    EmailRestored,
    FactorsChanged,
    LoggedIn,
    LoggedOut,
    OtherSessionsRevoked,
    PasswordChanged,
    ProfileChanged,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SessionDisplaced,
    SessionsRevoked,
)

ENDS_SESSIONS = (
    AccountUnlocked,
    EmailChanged,
    EmailRestored,
    FactorsChanged,
    PasswordChanged,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SessionDisplaced,
    SessionsRevoked,
    OtherSessionsRevoked,
    LoggedOut,
)

SESSIONS = Feature(
    name="sessions",
    subscriptions=(Subscription(fact=OtherSessionsRevoked, handle=service.mail_logged_out),),
    card=card,
    refresher=Refresher(
        changed_by=(LoggedIn, *ENDS_SESSIONS, ProfileChanged), load=service.view_sessions, show=show_sessions
    ),
    dialogs=(LogOutOthersState,),
)

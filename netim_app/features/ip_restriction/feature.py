"""IP restriction: the account can only be used from listed addresses."""

from netim_app.core import paths
from netim_app.feature import Feature, LoginPolicy, Protection, Refresher, Subscription
from netim_app.features.ip_restriction.facts import (
    IpRestrictionSwitched,
    IpRuleAdded,
    IpRuleRemoved,
    IpRulesAdded,
    IpRulesTakenBack,
)
from netim_app.features.ip_restriction.service import access, mails, restriction, rule_list
from netim_app.features.ip_restriction.state.batch import IpListState
from netim_app.features.ip_restriction.state.card import IpTestState, show_restriction
from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.features.ip_restriction.view.card import card
from netim_app.identity.facts import AccountUnlocked, LoginBlocked, ProfileChanged, TakenBack

IP_RESTRICTION = Feature(
    name="ip_restriction",
    protections=(
        Protection(
            key="ip_restriction",
            points=20,
            active=access.is_on,
            changed_by=(IpRestrictionSwitched, TakenBack),
            href=paths.card("ip-restriction"),
            press=IpDialogState.begin_switch,
        ),
    ),
    login_policies=(LoginPolicy(name="ip_restriction", refusal=access.refusal),),
    subscriptions=(
        Subscription(fact=AccountUnlocked, handle=restriction.switch_off_on_unlock),
        Subscription(fact=TakenBack, handle=restriction.take_back),
        Subscription(fact=LoginBlocked, handle=mails.mail_refused),
        Subscription(fact=IpRestrictionSwitched, handle=mails.mail_change),
        Subscription(fact=IpRuleAdded, handle=mails.mail_change),
        Subscription(fact=IpRulesAdded, handle=mails.mail_change),
        Subscription(fact=IpRuleRemoved, handle=mails.mail_change),
        Subscription(fact=IpRulesTakenBack, handle=mails.mail_taken_back),
    ),
    card=card,
    refresher=Refresher(
        changed_by=(IpRestrictionSwitched, IpRuleAdded, IpRulesAdded, IpRuleRemoved, TakenBack, ProfileChanged),
        load=rule_list.view_restriction,
        show=show_restriction,
    ),
    dialogs=(IpDialogState, IpListState, IpTestState),
    export=access.export,
)

"""Backup codes: ten single-use codes that replace a code of the application."""

from netim_app.core import paths
from netim_app.feature import Feature, Hint, Refresher, ReplacementStep, SecondFactor, Subscription, WizardStep
from netim_app.features.backup_codes.facts import BackupCodesMade, BackupCodesRemoved, BackupCodesSaved, BackupCodeUsed
from netim_app.features.backup_codes.service import sets, stock, stored, use
from netim_app.features.backup_codes.state import NewCodesState, is_due, show_stock
from netim_app.features.backup_codes.view import new_codes, part, wizard_is_open
from netim_app.identity.facts import (
    FactorsChanged,
    ProfileChanged,
    SecondFactorDisabled,
    SecondFactorEnabled,
    TakenBack,
)

STOCK_FACTS = (
    BackupCodesMade,
    BackupCodesRemoved,
    BackupCodesSaved,
    BackupCodeUsed,
    SecondFactorEnabled,
    SecondFactorDisabled,
    TakenBack,
    FactorsChanged,
)

BACKUP_CODES = Feature(
    name="backup_codes",
    hints=(
        Hint(
            key="backup_codes",
            applies=stock.runs_low,
            changed_by=STOCK_FACTS,
            href=paths.card("backup-codes"),
            press=NewCodesState.begin,
        ),
        Hint(
            key="backup_codes.unsaved",
            applies=stock.is_unsaved,
            changed_by=STOCK_FACTS,
            href=paths.card("backup-codes"),
            press=NewCodesState.begin,
        ),
    ),
    second_factors=(
        SecondFactor(
            name="backup_codes",
            logged_in="backup_codes.logged_in",
            enrolled=use.never_enrolled,
            consume=use.consume,
            was_used=use.was_used,
            valid_code_count=use.codes_left,
            part=part,
            is_fallback=True,
        ),
    ),
    subscriptions=(
        Subscription(fact=SecondFactorDisabled, handle=sets.delete_all),
        Subscription(fact=TakenBack, handle=sets.delete_since),
        Subscription(fact=BackupCodesMade, handle=sets.mail_made),
        Subscription(fact=BackupCodesRemoved, handle=sets.mail_removed),
        Subscription(fact=BackupCodeUsed, handle=use.mail_used),
    ),
    refresher=Refresher(changed_by=(*STOCK_FACTS, ProfileChanged), load=stock.view_stock, show=show_stock),
    wizard_steps=(
        WizardStep(
            title="backup_codes.new.title",
            content=new_codes,
            is_open=wizard_is_open,
            is_due=is_due,
            begin=NewCodesState.begin_due,
            test_id="backup-codes-new",
        ),
    ),
    replacement_steps=(ReplacementStep(key="backup_codes.lost", fact=BackupCodesMade, press=NewCodesState.begin),),
    dialogs=(NewCodesState,),
    rewrap=stored.rewrap,
    export=stored.export,
)

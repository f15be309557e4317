"""The security gauge: how well the account is protected, and how to improve that."""

from functools import partial
from typing import Any

from netim_app.feature import Feature, Refresher
from netim_app.features.gauge.state import show_hint, show_protection
from netim_app.offers import offers


def _refreshers() -> dict[str, Refresher[Any]]:
    """One for each protection and hint, so a change queries only those that it affects."""
    return {
        protection.key: Refresher(
            changed_by=protection.changed_by, load=protection.active, show=partial(show_protection, protection.key)
        )
        for protection in offers().protections
    } | {
        hint.key: Refresher(changed_by=hint.changed_by, load=hint.applies, show=partial(show_hint, hint.key))
        for hint in offers().hints
    }


GAUGE = Feature(name="gauge", refreshers_of_others=_refreshers)

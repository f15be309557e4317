"""Recorded facts, as a test sees them."""

from netim_app.core.facts import Fact
from netim_app.feature import Feature, Subscription
from netim_app.offers import install, offers


def heard() -> list[Fact]:
    """A list to which every fact from now on is added."""
    facts: list[Fact] = []
    listener = Feature(name="x", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: facts.append(f)),))
    install((*offers().features, listener))
    return facts

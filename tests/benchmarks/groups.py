"""The groups of measurements, by the name that chooses them."""

from collections.abc import Callable, Collection
from pathlib import Path

from tests.benchmarks import cost, many, peer_group, speed
from tests.benchmarks.report import Findings

GROUPS: dict[str, Callable[[Path, Path], Findings]] = {
    "cost": cost.measure,
    "speed": speed.measure,
    "load": many.load,
    "scale": many.scale,
    "peer": peer_group.run,
}
USUAL = ("cost", "speed", "load")
PEER = "peer"


def chosen(words: Collection[str]) -> list[str]:
    """The groups to measure: those named, or the usual ones if none is; the peer only if it is named."""
    named = [group for group in GROUPS if group in words and group != PEER]
    return [*(named or USUAL), *([PEER] if PEER in words else [])]

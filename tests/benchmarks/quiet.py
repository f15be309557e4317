"""Whether the machine did something else meanwhile: figures of a machine that was not quiet mean little."""

import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median

import psutil

CORES = os.cpu_count() or 1
TURNS = 300_000
SPINS = 15
MOST_LOAD = 0.3
"""Load average of the last minute before the run, per core."""
MOST_OTHERS = 0.05
"""Share of all cores that other processes may take during the run."""
MOST_STOLEN = 0.01
"""The same for the host of a virtual machine."""
MOST_SLOWER = 1.1
"""How much longer the same loop may take in one core than in another moment."""


def spin() -> float:
    """Seconds that a fixed loop takes."""
    start = time.perf_counter()
    number = 0
    for turn in range(TURNS):
        number += turn
    return time.perf_counter() - start


def _spins(_core: int) -> float:
    return median(spin() for _ in range(SPINS))


def calibrate() -> float:
    """The median of the loop, in as many processes as cores at once; the slowest of these."""
    with ProcessPoolExecutor(CORES) as pool:
        return max(pool.map(_spins, range(CORES)))


@dataclass(frozen=True)
class Moment:
    """CPU seconds since the machine's start: of all, of this process and its ended children, and stolen by the host."""

    at: float
    busy: float
    own: float
    stolen: float


def _moment() -> Moment:
    times = psutil.cpu_times()
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Moment(
        at=time.monotonic(),
        busy=sum(times) - times.idle - times.iowait - times.steal - times.guest - times.guest_nice,
        own=sum(usage.ru_utime + usage.ru_stime for usage in own),
        stolen=times.steal,
    )


@dataclass(frozen=True)
class Quiet:
    """The load of others. Shares are of all cores, over the whole run."""

    load_before: float
    others: float
    stolen: float
    before: float
    after: float

    @property
    def faults(self) -> list[str]:
        """The measurements that were not quiet."""
        return [
            words
            for words, found, most in (
                ("load before the run", self.load_before / CORES, MOST_LOAD),
                ("other processes", self.others, MOST_OTHERS),
                ("stolen by the host", self.stolen, MOST_STOLEN),
                ("spin loop after / before", self.after / self.before, MOST_SLOWER),
                ("spin loop before / after", self.before / self.after, MOST_SLOWER),
            )
            if found > most
        ]

    def __str__(self) -> str:
        seen = (
            f"load {self.load_before:.2f} before, other processes {self.others:.1%} and the host {self.stolen:.1%} "
            f"of {CORES} cores, spin loop {self.before * 1000:.1f} ms before and {self.after * 1000:.1f} ms after"
        )
        if self.faults:
            return f"THE MACHINE WAS NOT QUIET ({', '.join(self.faults)}): {seen}. The figures mean little."
        return f"The machine was quiet: {seen}."


class Watch:
    """Looks at the machine from its making until `result`. All servers must have ended by then."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._spin = calibrate()
        self._start = _moment()

    def result(self) -> Quiet:
        end, start = _moment(), self._start
        whole = (end.at - start.at) * CORES
        return Quiet(
            load_before=self._load,
            others=max(0.0, (end.busy - start.busy) - (end.own - start.own)) / whole,
            stolen=(end.stolen - start.stolen) / whole,
            before=self._spin,
            after=calibrate(),
        )

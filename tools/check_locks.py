"""Are the lock files in step with pyproject.toml? Needs no network and no uv.

Every dependency is locked with a version that satisfies it, every locked package has a hash and no address,
the Python locks agree, and the npm lock names no download address. `make lock` mends the Python locks.
"""

import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
METRICS = "requirements-otel.lock"
"""The runtime with the optional extra `otel`."""
NPM = "reflex.lock/package-lock.json"
ADDRESS = re.compile(r"[a-z+]+://|file:|\s@\s", re.IGNORECASE)


@dataclass
class Lock:
    """One Python lock file: the versions per package (several, when a marker chooses) and its faults."""

    name: str
    versions: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_lock(name: str, text: str) -> Lock:
    """Parse a lock as `uv pip compile --generate-hashes` writes it."""
    lock = Lock(name)
    for raw in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = raw.strip()
        if ADDRESS.search(line):
            lock.faults.append(f"{name}: holds an address: {line}")
        if not line or line.startswith("#"):
            continue
        requirement_text, *hashes = re.split(r"\s+--hash=", line)
        try:
            requirement = Requirement(requirement_text)
        except InvalidRequirement:
            lock.faults.append(f"{name}: not a pinned requirement: {requirement_text}")
            continue
        pins = [pin.version for pin in requirement.specifier if pin.operator == "=="]
        if len(pins) != 1 or len(requirement.specifier) != 1:
            lock.faults.append(f"{name}: {requirement.name} is not pinned to one version")
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", value.strip()) for value in hashes):
            lock.faults.append(f"{name}: {requirement.name} has no sha256 hash")
        lock.versions.setdefault(canonicalize_name(requirement.name), set()).update(pins)
    return lock


def group(pyproject: dict[str, Any], name: str) -> list[str]:
    """The requirements of a dependency group with the groups it includes (PEP 735)."""
    found: list[str] = []
    for entry in pyproject["dependency-groups"][name]:
        found += group(pyproject, entry["include-group"]) if isinstance(entry, dict) else [entry]
    return found


def unsatisfied(wanted: list[str], lock: Lock) -> list[str]:
    """One line for each requirement that the lock does not satisfy."""
    faults = []
    for requirement in map(Requirement, wanted):
        versions = lock.versions.get(canonicalize_name(requirement.name), set())
        if not versions:
            faults.append(f"{lock.name}: {requirement.name} is missing")
        faults += [
            f"{lock.name}: {requirement.name} {version} does not satisfy {requirement.specifier}"
            for version in sorted(versions)
            if not requirement.specifier.contains(version, prereleases=True)
        ]
    return faults


def disagreements(runtime: Lock, development: Lock) -> list[str]:
    """The second lock holds the whole first one, version for version."""
    return [
        f"{name}: {runtime.name} has {', '.join(sorted(versions))}, "
        f"{development.name} has {', '.join(sorted(development.versions.get(name, set()))) or 'none'}"
        for name, versions in sorted(runtime.versions.items())
        if not versions <= development.versions.get(name, set())
    ]


def npm_faults(root: Path) -> list[str]:
    """The npm lock is there, pins by hash and names no address."""
    path = root / NPM
    if not path.is_file():
        return [f"{NPM}: missing (a build writes it; commit it)"]
    faults = []
    for place, package in json.loads(path.read_text(encoding="utf-8"))["packages"].items():
        if "resolved" in package:
            faults.append(f"{NPM}: {place} names a download address")
        if place.startswith("node_modules/") and "integrity" not in package and not package.get("inBundle"):
            faults.append(f"{NPM}: {place} has no hash")
    return faults


def faults(root: Path = ROOT) -> list[str]:
    """Everything that is out of step, one line each; empty when all is well."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, metrics, development = (
        read_lock(name, (root / name).read_text(encoding="utf-8")) for name in (RUNTIME, METRICS, DEVELOPMENT)
    )
    needed = pyproject["project"]["dependencies"] + group(pyproject, "install")
    extra = pyproject["project"]["optional-dependencies"]["otel"]
    return [
        *runtime.faults,
        *metrics.faults,
        *development.faults,
        *unsatisfied(needed, runtime),
        *unsatisfied(needed + extra, metrics),
        *unsatisfied(needed + extra + group(pyproject, "dev"), development),
        *disagreements(runtime, metrics),
        *disagreements(metrics, development),
        *npm_faults(root),
    ]


def main() -> int:
    """Print what is out of step; 1 when anything is."""
    found = faults()
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("lock files are out of step: `make lock` mends requirements*.lock", file=sys.stderr)
        return 1
    print("lock files are in step")
    return 0


if __name__ == "__main__":
    sys.exit(main())

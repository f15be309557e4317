"""The npm packages of the pages, locked in reflex.lock/ by name, version and integrity.

By default, Reflex asks the registry again for each package that it names, accepts any content, and locks that.
"""

import json
import subprocess
from pathlib import Path

from reflex.utils import frontend_skeleton, js_runtimes, path_ops
from reflex_base.config import Config
from reflex_base.constants import PackageJson

LOCK = "package-lock.json"
INSTALLED = "node_modules/.package-lock.json"
"""The file in which npm lists what it has installed."""
NPM_CI = (
    "ci",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
)

Package = tuple[str, str | None]
"""Version and integrity."""


class NotAsLockedError(SystemExit):
    """Ends the build. The text is for the operator."""


def replace_installation() -> None:
    """Makes Reflex call `install` for its packages. Reflex has no hook for that, so this replaces its own function."""
    js_runtimes.install_frontend_packages = install


def install(packages: set[str], config: Config) -> None:
    """Installs the packages of the lock."""
    frontend_skeleton.sync_root_lockfiles_to_web()
    frontend_skeleton.initialize_npmrc()  # type: ignore[no-untyped-call]  # an older version may have named a registry there
    frontend_skeleton.initialize_bun_config()  # type: ignore[no-untyped-call]
    web = frontend_skeleton.get_web_lockfile_path("").resolve()
    check(missing(needed(packages, config), read(web / LOCK)), "reflex.lock lacks what the pages need; see `make lock`")
    if not is_installed(web):
        _run_npm(web)
        check(differences(web), "npm has installed other packages than reflex.lock names")


def needed(packages: set[str], config: Config) -> set[str]:
    """Each package that a page or Reflex itself requires, as `name` or `name@version`."""
    own = PackageJson.DEPENDENCIES | PackageJson.DEV_DEPENDENCIES
    of_plugins = (
        (*plugin.get_frontend_dependencies(), *plugin.get_frontend_development_dependencies())
        for plugin in config.plugins
    )
    return packages.union({f"{name}@{version}" for name, version in own.items()}, *of_plugins)


def read(lock: Path) -> dict[str, Package]:
    """The packages of a lock, by their place below node_modules."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {place: (entry["version"], entry.get("integrity")) for place, entry in packages.items() if place}


def missing(specs: set[str], locked: dict[str, Package]) -> list[str]:
    """The packages that the lock does not have, or has in another version."""
    found = []
    for spec in sorted(specs):
        name, _, version = (spec[1:].partition("@")) if spec.startswith("@") else spec.partition("@")
        place = f"node_modules/{'@' if spec.startswith('@') else ''}{name}"
        if place not in locked or version.removeprefix("v") not in ("", locked[place][0]):
            found.append(spec)
    return found


def differences(web: Path) -> list[str]:
    """Installed packages that differ from the lock, by name, version and integrity."""
    locked, installed = read(web / LOCK), read(web / INSTALLED)
    return [
        f"{place.removeprefix('node_modules/')}: {package}, not {locked.get(place)}"
        for place, package in installed.items()
        if package != locked.get(place)
    ]


def is_installed(web: Path) -> bool:
    """Whether the packages are installed already. Packages that the lock calls optional are for some machines only."""
    if not (web / INSTALLED).exists() or differences(web):
        return False
    entries = json.loads((web / LOCK).read_text(encoding="utf-8"))["packages"]
    wanted = {place for place, entry in entries.items() if place and not entry.get("optional")}
    return wanted <= read(web / INSTALLED).keys()


def check(faults: list[str], text: str) -> None:
    """Ends the build if there are faults."""
    if faults:
        raise NotAsLockedError(f"{text}: {'; '.join(faults)}")


def _run_npm(web: Path) -> None:
    """`npm ci` checks each download against the integrity in the lock, and never writes a lock."""
    npm = path_ops.get_npm_path()
    if npm is None or subprocess.run([npm, *NPM_CI], cwd=web, check=False).returncode:  # noqa: S603  fixed arguments
        raise NotAsLockedError("npm could not install what reflex.lock names, by name, version and integrity")

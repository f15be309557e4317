"""Compiles the pages, when something that they are made of has changed since the last time."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from netim_app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = ("env", "public_url", "password_min_length", "session_remember_days")
"""What of the settings is written into the pages."""
_SOURCES = (
    "netim_app/**/*.py",
    "netim_app/**/*.po",
    "assets/**/*",
    "rxconfig.py",
    "reflex.lock/package-lock.json",
    "requirements.lock",
)


def web_dir() -> Path:
    """Where Reflex builds."""
    return ROOT / os.environ.get("REFLEX_WEB_WORKDIR", ".web")


def environment(settings: Settings) -> dict[str, str]:
    """The environment for every Reflex process: Node from the virtual environment, quiet, without a call home."""
    own_bin = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join((own_bin, os.environ.get("PATH", ""))),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_ENV_MODE": "prod",
        "NETIM_ENV": settings.env,
    }


def fingerprint(settings: Settings) -> str:
    """Stands for all that a build depends on. A build belongs to one environment and one address."""
    hashed = hashlib.sha256(repr([getattr(settings, name) for name in _SETTINGS]).encode())
    for pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                hashed.update(path.relative_to(ROOT).as_posix().encode())
                hashed.update(path.read_bytes())
    return hashed.hexdigest()


def build(settings: Settings) -> bool:
    """Builds the front end unless the present build is still right. Says whether it had to.

    Raises:
        subprocess.CalledProcessError: Reflex could not build.
    """
    stamp = web_dir() / "netim-build"
    wanted = fingerprint(settings)
    if stamp.exists() and stamp.read_text() == wanted and (web_dir() / "build" / "client").is_dir():
        return False
    stamp.unlink(missing_ok=True)
    packages = ROOT / "reflex.lock" / "package.json"
    before = packages.read_text()
    subprocess.run(
        [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
        cwd=ROOT,
        env=environment(settings),
        check=True,
    )
    if json.loads(packages.read_text()) == json.loads(before):
        packages.write_text(before)  # Reflex writes its keys in one order or the other: no reason for a change in git
    stamp.write_text(wanted)
    return True

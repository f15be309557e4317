"""Builds the pages when their sources have changed since the last build."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netim_app.brand.brand import read_brand
from netim_app.core.installation import ROOT
from netim_app.reflex_port import built_pages
from netim_app.settings import Settings
from netim_app.texts.languages import DEFAULT, languages

STAMP = "netim-build"
"""The file beside the pages with the digest of their sources."""
PACKAGE = Path(__file__).resolve().parent
PARTS = PACKAGE.with_name("reflex_guard")
SETTINGS = ("env", "password_min_length", "session_remember_days", "brand_dir")
"""The settings that are compiled into the pages: a build gets no others."""
_CODE = ("**/*.py", "**/*.po")
_BESIDE_IT = (
    "assets/**/*",
    "rxconfig.py",
    "reflex.lock/package-lock.json",
    "requirements.lock",
)
_COPIED = (".npmrc", "bunfig.toml", "reflex.lock/package.json", "reflex.lock/package-lock.json")
_LINKED = ("assets", "rxconfig.py", "pyproject.toml")
_PASSED_ON = {
    *("home", "lang", "lc_all", "tmpdir", "reflex_dir"),
    *("http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "node_extra_ca_certs"),
}
"""Variables that are passed on to a build, besides npm's own: npm and its packages see all of them."""


def web_dir() -> Path:
    """Where Reflex builds."""
    return built_pages.web_dir(ROOT)


def environment(settings: Settings) -> dict[str, str]:
    """The environment for every Reflex process: Node from the virtual environment, no telemetry, no update check."""
    return {**os.environ, **_reflex_options(), **settings.paths(), "NETIM_ENV": settings.env}


def build_environment(settings: Settings) -> dict[str, str]:
    """The whole environment of a build. It contains no secret of the server."""
    passed_on = {
        name: value
        for name, value in os.environ.items()
        if name.lower() in _PASSED_ON or name.lower().startswith("npm_config_")
    }
    own = {f"NETIM_{name.upper()}": str(getattr(settings, name)) for name in SETTINGS}
    places = {built_pages.WEB_DIR: str(web_dir()), "PYTHONPATH": str(PACKAGE.parent)}
    return passed_on | own | _reflex_options() | places


def _reflex_options() -> dict[str, str]:
    own_bin = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join((own_bin, os.environ.get("PATH", ""))),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_ENV_MODE": "prod",
    }


def faults(settings: Settings) -> list[str]:
    """The faults of the settings that a build uses. All other settings concern only the server."""
    found = [fault for fault in settings.faults() if any(f"NETIM_{name.upper()}" in fault for name in SETTINGS)]
    return found + read_brand(settings.brand_dir)[1]


def fingerprint(settings: Settings) -> str:
    """A digest of everything that a build depends on. A build belongs to one environment, and serves any address."""
    written = [getattr(settings, name) for name in SETTINGS if name != "brand_dir"]  # its files are hashed instead
    hashed = hashlib.sha256(repr(written).encode())
    for folder, patterns in ((PACKAGE, _CODE), (PARTS, _CODE), (ROOT, _BESIDE_IT), (settings.brand_dir, ("*",))):
        for path in (path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file()):
            hashed.update(path.relative_to(folder).as_posix().encode())
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _stamp() -> Path:
    return web_dir() / STAMP


def is_built(settings: Settings) -> bool:
    """Whether the existing build is up to date."""
    stamp = _stamp()
    return stamp.exists() and stamp.read_text() == fingerprint(settings) and (web_dir() / "build" / "client").is_dir()


def build(settings: Settings) -> bool:
    """Builds the front end unless the existing build is up to date. Returns whether it built.

    Raises:
        subprocess.CalledProcessError: Reflex could not build.
    """
    if is_built(settings):
        return False
    _stamp().unlink(missing_ok=True)
    wanted = fingerprint(settings)  # taken first: a change during the build causes the next build
    with _workshop() as folder:
        subprocess.run(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=folder,
            env=build_environment(settings),
            check=True,
        )
    built_pages.connect_where_opened(web_dir() / "build" / "client")
    built_pages.inline_styles(web_dir() / "build" / "client")
    for code, language in languages().items():
        if code != DEFAULT:
            built_pages.write_twins(web_dir() / "build" / "client", code, language.direction)
    built_pages.compress(web_dir() / "build" / "client", build_environment(settings))
    _stamp().write_text(wanted)
    return True


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder to run Reflex in, which writes a lock and other files there. The checkout itself is only read."""
    with TemporaryDirectory(prefix="netim-build-") as name:
        folder = Path(name)
        (folder / "reflex.lock").mkdir()
        for source in _COPIED:
            shutil.copyfile(ROOT / source, folder / source)
        for source in _LINKED:
            (folder / source).symlink_to(ROOT / source)
        yield folder

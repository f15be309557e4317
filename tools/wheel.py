"""Make a wheel of the product, with all that it needs beside Python: migrations, locks, and the pages of production.

It serves as soon as it is installed, without Node. A build with other settings needs Node, and `netim build`.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from pdm import backend

from netim_app import build
from netim_app.core.installation import INSTALLED, ROOT
from netim_app.settings import Settings

FILES = (
    ".npmrc",
    "alembic",
    "assets",
    "bunfig.toml",
    "pyproject.toml",
    "reflex.lock",
    "requirements.lock",
    "rxconfig.py",
)
_DATA = '\n[tool.pdm.build.wheel-data]\ndata = [{ path = "data/**/*", relative-to = "data" }]\n'


def copy(source: Path, target: Path) -> None:
    """A file or a folder, without what Python has compiled."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def stage(folder: Path, web: Path) -> None:
    """Lays out a project from which the backend makes the wheel.

    Args:
        folder: an empty one.
        web: where the pages were built.
    """
    data = folder / "data" / INSTALLED
    data.mkdir(parents=True)
    for name in FILES:
        copy(ROOT / name, data / name)
    copy(web / "build" / "client", data / ".web" / "build" / "client")
    copy(web / "backend", data / ".web" / "backend")  # Reflex would write it at the start, where it may not
    copy(web / build.STAMP, data / ".web" / build.STAMP)
    for name in ("netim_app", "reflex_guard", "README.md"):
        copy(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8") + _DATA, "utf-8")


def make(target: Path, web: Path) -> Path:
    """Makes the wheel, and returns its path.

    Args:
        target: the folder that gets it.
        web: where the pages were built.
    """
    target.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="netim-wheel-") as name:
        stage(Path(name), web)
        os.chdir(name)  # it takes the project of the present folder
        try:
            made: str = backend.build_wheel(str(before / target))
        finally:
            os.chdir(before)
    return before / target / made


def main(target: str) -> None:
    """Builds the pages of production, and makes the wheel."""
    settings = Settings(env="production")
    build.build(settings)
    made = make(Path(target), build.web_dir())
    print(f"{made.stat().st_size / 1e6:.1f} MB in {made}")


if __name__ == "__main__":
    main(sys.argv[1])

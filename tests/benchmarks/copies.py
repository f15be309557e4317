"""Copies of the product with other features than it has, to tell what features cost."""

import re
import shutil
from pathlib import Path

from netim_app import build as product_build
from tests.kit.example import BLOCKS, LINES, add_files, copy_product, insert, migrate, run

NUMBER = 10
REGISTRY = "netim_app/registry.py"


def add_ten_features(copy: Path) -> None:
    """Makes a copy with ten more features, which no measurement touches.

    They are the example of docs/extending.md, ten times under names of their own, put in as that page says.
    """
    copy_product(copy)
    example = {path: code for path, code in BLOCKS.items() if path.startswith("netim_app/features/checkup/")}
    for number in range(1, NUMBER + 1):
        add_files(copy, {_named(path, number): _named(code, number) for path, code in example.items()})
        (copy / f"netim_app/features/checkup{number}/__init__.py").touch()
        insert(copy / REGISTRY, _named(LINES[0], number), before="from netim_app.features.gauge")
        insert(copy / REGISTRY, _named(LINES[1], number), before="    SESSIONS,")


def remove_journal(copy: Path) -> None:
    """Makes a copy that keeps no journal."""
    copy_product(copy)
    registry = copy / REGISTRY
    text = registry.read_text(encoding="utf-8")
    lines = ("from netim_app.features.journal.feature import JOURNAL\n", "    JOURNAL,\n")
    for line in lines:
        if text.count(line) != 1:
            raise ValueError(f"{REGISTRY} needs this line once: {line}")
        text = text.replace(line, "")
    registry.write_text(text, encoding="utf-8")


def installed(copy: Path) -> list[str]:
    """The names of all features of a copy."""
    return run(copy, "-c", "from netim_app.registry import FEATURES; print(*(f.name for f in FEATURES))").split()


def _named(text: str, number: int) -> str:
    return re.sub(r"checkup|Checkup|CHECKUP|check-up(?=\"|#)|DataChecked", rf"\g<0>{number}", text)


def make_ready(copy: Path) -> None:
    """Writes the migration, and takes over the pages of the present build.

    Nobody looks at the pages here, and a build would take half a minute.
    """
    migrate(copy)
    shutil.copytree(product_build.web_dir() / "build", copy / ".web" / "build")
    stamp = "from netim_app import build, settings; print(build.fingerprint(settings.Settings()))"
    (copy / ".web" / "netim-build").write_text(run(copy, "-c", stamp).strip())

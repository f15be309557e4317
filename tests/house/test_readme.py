"""The worked examples of docs/extending.md, built, used and tested; and what README.md and docs/ repeat of the code."""

import re
import shutil
from pathlib import Path

import pytest

from netim_app.features.gauge.rules import THRESHOLDS
from netim_app.registry import FEATURES
from netim_app.settings import Settings
from netim_app.texts import catalog
from tests.kit.example import BLOCKS, EXTENDING, LINES, MESSAGES, add_files, copy_product, insert, migrate, run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FEATURE_PAGE = (ROOT / "docs" / "features.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
HOUSE = ("access", "brand", "emails", "imports", "migrations", "state_vars", "texts", "words")
"""The house tests that look at features."""
OF_NO_FEATURE = (
    "servers_that_start_at_once",
    "a_step_that_fails",
    "going_up_twice",
    "a_drift_is_found",
    "a_migration_may_take_its_time",
)
"""House tests of migrations that a feature cannot change: they would only be run a second time."""
MAILS_OF_OTHERS = "(test_emails and [ and not inactive)"
"""The questions about each mail, asked of those that the product has without the examples."""
PARTS = ("checkup", "inactivity")

USE_IT = """
import asyncio
from datetime import UTC, datetime, timedelta
import reflex as rx
from netim_app.core.actor import Actor, set_caller
from netim_app.offers import offers
from netim_app.features.checkup.state import CheckupState
from netim_app.features.gauge.rules import figures
from netim_app.features.gauge.state import counted
from netim_app.identity import account_creation
from netim_app.infra.unit_of_work import configure
from netim_app.registry import install_features
from netim_app.settings import get_settings
from netim_app.texts import catalog
import netim_app.netim_app  # the pages compile with the new card

assert not catalog.faults(), catalog.faults()
install_features()
units = configure(get_settings())
customer = account_creation.NewCustomer("a@example.com", "Anna", "Martin", "", "en", "Europe/Paris")
with units.write() as unit:
    account_id = account_creation.create_account(unit, customer, "hash").id


def gauge():
    with units.read() as unit:
        return figures(counted(), {p.key: p.active(unit, account_id) for p in offers().protections})


before = gauge()
soon = datetime.now(UTC) + timedelta(hours=1)
set_caller(Actor(account_id=account_id, session_id=1, fresh_until=soon, revision=0))
tab = rx.State().get_substate(CheckupState.get_full_name().split('.'))
asyncio.run(CheckupState.submit.fn(tab))
assert tab.done
after = gauge()
assert {each.key: each.points for each in counted()}["checkup"] == 10
assert after.percent == before.percent + before.gains["checkup"] > before.percent, (before, after)
assert "checkup" not in after.gains, after
print("the example works")
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with both examples put in, as docs/extending.md says: part 2 after part 1."""
    copy = tmp_path_factory.mktemp("example")
    copy_product(copy, ("tests", "tools"))
    places = [("from netim_app.features.gauge", "    SESSIONS,"), ("from netim_app.features.ip_", "    LOST_DEVICE,")]
    for name, lines, before, message in zip(PARTS, (LINES[:2], LINES[2:]), places, MESSAGES, strict=True):
        add_files(copy, {path: code for path, code in BLOCKS.items() if name in path})
        (copy / f"netim_app/features/{name}/__init__.py").touch()
        for line, place in zip(lines, before, strict=True):
            insert(copy / "netim_app/registry.py", line, before=place)
        migrate(copy, message)
    return copy


LAYERS = {"rules.py", "tables.py", "facts.py", "service.py", "state.py", "view.py", "feature.py", "en.po", "fr.po"}


@pytest.mark.parametrize(("name", "more"), [("checkup", set()), ("inactivity", {"inactive.jinja"})])
def test_each_example_is_one_folder_its_tests_and_two_lines(name: str, more: set[str]) -> None:
    paths = {path for path in BLOCKS if name in path}
    tests = {f"tests/features/{name}/test_{layer}.py" for layer in ("rules", "service", "state", "view")}

    assert {Path(path).name for path in paths if path.startswith(f"netim_app/features/{name}/")} == LAYERS | more
    assert {path for path in paths if path.startswith("tests/")} == {
        *tests,
        f"tests/features/{name}/reviewed.py",
        f"tests/browser/test_{name}.py",
    }
    assert all(any(name in path for name in PARTS) for path in BLOCKS)
    assert [line.strip() for line in LINES[1::2]] == ["CHECKUP,", "INACTIVITY,"]


def test_the_mail_that_is_shown_is_the_one_that_is_sent() -> None:
    path, template = re.findall(r"`(netim_app/\S+\.jinja)`\nis the mail.*?```jinja\n(.*?)```", EXTENDING, re.DOTALL)[0]

    assert (ROOT / path).read_text() == template


def test_example_works(checkout: Path) -> None:
    assert "the example works" in run(checkout, "-c", USE_IT)


@pytest.mark.timeout(600)
def test_example_passes_its_own_tests_and_those_of_the_house(checkout: Path) -> None:
    house = [f"tests/house/test_{name}.py" for name in HOUSE]
    others = [
        f"tests/{name}"
        for name in ("pages/test_pages.py", "features/gauge", "features/test_views.py", "features/own_data")
    ]
    own = [f"tests/features/{name}" for name in PARTS]
    same = " or ".join((MAILS_OF_OTHERS, *OF_NO_FEATURE))
    said = run(checkout, "-m", "pytest", "-q", *own, *house, *others, "-k", f"not ({same})")

    assert int(re.findall(r"(\d+) passed", said)[-1]) > 500


@pytest.mark.timeout(600)
def test_example_is_used_by_a_customer_in_a_browser(checkout: Path) -> None:
    if (ROOT / ".web" / "node_modules").is_dir():  # saves npm the way; without it, it asks its registry
        shutil.copytree(ROOT / ".web", checkout / ".web", symlinks=True)
    run(checkout, "-m", "netim_app", "build")

    used = [*(f"tests/browser/test_{name}.py" for name in PARTS), "tests/server/test_forms.py"]
    assert "5 passed" in run(checkout, "-m", "pytest", "-q", *used, "-k", " or ".join(PARTS))


def test_example_keeps_the_import_contracts(checkout: Path) -> None:
    run(checkout, "-c", "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports())")  # fmt: skip


def test_example_is_clean(checkout: Path) -> None:
    """All of it: the migrations that Alembic has written, too."""
    run(checkout, "-m", "ruff", "check", ".")
    run(checkout, "-m", "ruff", "format", "--check", ".")
    run(checkout, "-m", "netim_app", "texts")


def test_example_is_well_typed(checkout: Path) -> None:
    if (ROOT / ".mypy_cache").is_dir():  # saves mypy all that it knows by the content of a file
        shutil.copytree(ROOT / ".mypy_cache", checkout / ".mypy_cache")
    folders = [f"{place}/{name}" for place in ("netim_app/features", "tests/features") for name in PARTS]
    run(checkout, "-m", "mypy", *folders, *(f"tests/browser/test_{name}.py" for name in PARTS))


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`NETIM_{name.upper()}`" in OPERATING


def test_thresholds_are_those_of_the_gauge() -> None:
    for percent, level in THRESHOLDS:
        said = re.search(rf"\*{level}\*[^*]*\s{percent} %|{percent} %[^*]*\*{level}\*", FEATURE_PAGE)
        assert not percent or said, level


def test_make_targets_are_in_the_readme() -> None:
    targets = re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert [t for t in targets if t not in ("help", "clean") and f"`make {t}`" not in README] == []


TOUR = README.partition("## A tour in two minutes\n")[2].partition("\n## ")[0]


def test_what_the_tour_names_is_what_the_product_says() -> None:
    named = re.findall(r'"([^"]+)"', re.sub(r"`[^`]+`", "", TOUR))

    assert len(named) > 15
    assert set(named) - {catalog.template("en", key) for key in sorted(catalog.keys())} == set()


def test_figures_of_the_tour_are_those_of_the_gauge() -> None:
    points = {protection.key: protection.points for feature in FEATURES for protection in feature.protections}
    percents = [str(sum(points[key] for key in ORDER[: n + 1])) for n in range(len(ORDER))]

    assert re.findall(r"(\d+) %", TOUR)[: len(ORDER)] == percents


ORDER = ("password", "login_alerts", "totp", "ip_restriction")
"""In which the tour brings them."""


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_linked_exists(document: str) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", (ROOT / document).read_text())

    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []

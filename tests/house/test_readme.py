"""The worked example of docs/extending.md, built, used and tested; and what README.md and docs/ repeat of the code."""

import re
import shutil
from pathlib import Path

import pytest

from netim_app.features.gauge.rules import THRESHOLDS
from netim_app.registry import FEATURES
from netim_app.settings import Settings
from netim_app.texts import catalog
from tests.kit.example import BLOCKS, EXTENDING, LINES, add_files, copy_product, insert, migrate, run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FEATURE_PAGE = (ROOT / "docs" / "features.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
REVIEWED = re.findall(r"```python\n(    \"CheckupState.*\n)```", EXTENDING)
"""What goes into tests/kit/access.py."""
HOUSE = ("access", "imports", "migrations", "state_vars", "texts")
"""The house tests that look at features."""

USE_IT = """
import asyncio
from datetime import UTC, datetime, timedelta
import reflex as rx
from netim_app.core.actor import Actor, set_caller
from netim_app.feature import offers
from netim_app.features.checkup.state import CheckupState
from netim_app.features.gauge.service import read_gauge
from netim_app.identity import accounts
from netim_app.infra.unit_of_work import configure
from netim_app.registry import install_features
from netim_app.settings import get_settings
from netim_app.texts import catalog
import netim_app.netim_app  # the pages compile with the new card

assert not catalog.faults(), catalog.faults()
install_features()
units = configure(get_settings())
customer = accounts.NewCustomer("a@example.com", "Anna", "Martin", "", "en", "Europe/Paris")
with units.write() as unit:
    account_id = accounts.create_account(unit, customer, "hash").id
with units.read() as unit:
    before = read_gauge(unit, account_id)
soon = datetime.now(UTC) + timedelta(hours=1)
set_caller(Actor(account_id=account_id, session_id=1, fresh_until=soon, revision=0))
tab = rx.State().get_substate(CheckupState.get_full_name().split('.'))
asyncio.run(CheckupState.submit.fn(tab))
assert tab.done
with units.read() as unit:
    after = read_gauge(unit, account_id)
assert before.possible == after.possible == sum(p.weight for p in offers().protections), (before, after)
assert after.points == before.points + 10, (before, after)
print("the example works")
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with the example put in, as docs/extending.md says."""
    copy = tmp_path_factory.mktemp("example")
    copy_product(copy, ("tests", "tools"))
    add_files(copy, BLOCKS)
    (copy / "netim_app/features/checkup/__init__.py").touch()
    insert(copy / "netim_app/registry.py", LINES[0], before="from netim_app.features.gauge")
    insert(copy / "netim_app/registry.py", LINES[1], before="    SESSIONS,")
    insert(copy / "tests/kit/access.py", REVIEWED[0], before='    "SessionsState.')
    migrate(copy)
    return copy


def test_example_is_complete() -> None:
    assert {Path(path).name for path in BLOCKS if path.startswith("netim_app/features/checkup/")} == {
        "rules.py", "tables.py", "facts.py", "service.py", "state.py", "view.py", "feature.py", "en.po", "fr.po"
    }  # fmt: skip
    assert {path for path in BLOCKS if path.startswith("tests/")} == {
        "tests/features/checkup/test_rules.py",
        "tests/features/checkup/test_service.py",
        "tests/features/checkup/test_view.py",
        "tests/features/checkup/test_state.py",
        "tests/browser/test_checkup.py",
    }
    assert (len(LINES), len(REVIEWED)) == (2, 1)


def test_the_mail_that_is_shown_is_the_one_that_is_sent() -> None:
    path, template = re.findall(r"`(netim_app/\S+\.jinja)`\nis the mail.*?```jinja\n(.*?)```", EXTENDING, re.DOTALL)[0]

    assert (ROOT / path).read_text() == template


def test_example_works(checkout: Path) -> None:
    assert "the example works" in run(checkout, "-c", USE_IT)


@pytest.mark.timeout(600)
def test_example_passes_its_own_tests_and_those_of_the_house(checkout: Path) -> None:
    house = [f"tests/house/test_{name}.py" for name in HOUSE]
    others = ["tests/pages/test_pages.py", "tests/features/gauge", "tests/features/test_views.py"]
    said = run(checkout, "-m", "pytest", "-q", "tests/features/checkup", *house, *others)

    assert int(re.findall(r"(\d+) passed", said)[-1]) > 200


@pytest.mark.timeout(600)
def test_example_is_used_by_a_customer_in_a_browser(checkout: Path) -> None:
    if (ROOT / ".web" / "node_modules").is_dir():  # saves npm the way; without it, it asks its registry
        shutil.copytree(ROOT / ".web", checkout / ".web", symlinks=True)
    run(checkout, "-m", "netim_app", "build")

    assert "2 passed" in run(checkout, "-m", "pytest", "-q", "tests/browser/test_checkup.py")


def test_example_keeps_the_import_contracts(checkout: Path) -> None:
    run(checkout, "-c", "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports())")  # fmt: skip


def test_example_is_clean(checkout: Path) -> None:
    files = ["netim_app/features/checkup", "netim_app/registry.py", *(p for p in BLOCKS if p.startswith("tests/"))]
    run(checkout, "-m", "ruff", "check", *files)
    run(checkout, "-m", "ruff", "format", "--check", *files)


def test_example_is_well_typed(checkout: Path) -> None:
    run(
        checkout,
        "-m",
        "mypy",
        "netim_app/features/checkup",
        *(p for p in BLOCKS if p.endswith(".py") and "tests/" in p),
    )


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
    weights = {protection.key: protection.weight for feature in FEATURES for protection in feature.protections}
    points = [sum(weights[key] for key in ORDER[: n + 1]) for n in range(len(ORDER))]

    assert re.findall(r"(\d+) %", TOUR)[: len(ORDER)] == [str(p * 100 // sum(weights.values())) for p in points]


ORDER = ("password", "login_alerts", "totp", "ip_restriction")
"""In which the tour brings them."""


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_linked_exists(document: str) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", (ROOT / document).read_text())

    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []

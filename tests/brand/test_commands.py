"""Commands say what is wrong with a brand, and end before they do anything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.brand import SECOND_BRAND

ROOT = Path(__file__).resolve().parents[2]
FAULT = "NETIM_BRAND_DIR: brand.toml: support: must be an e-mail address"


def netim(folder: Path, command: str, support: str) -> subprocess.CompletedProcess[str]:
    brand = shutil.copytree(SECOND_BRAND, folder / "brand")
    text = (brand / "brand.toml").read_text()
    (brand / "brand.toml").write_text(text.replace("https://kestrel.example/help", support))
    env = os.environ | {"NETIM_BRAND_DIR": str(brand), "NETIM_VAR_DIR": str(folder / "var")}
    return subprocess.run(
        [sys.executable, "-m", "netim_app", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["serve", "build", "migrate"])
def test_a_command_is_refused_with_the_fault(tmp_path: Path, command: str) -> None:
    done = netim(tmp_path, command, "nobody")

    assert done.returncode == 2
    assert [line.startswith(f"refused to start: {FAULT}") for line in done.stderr.splitlines()] == [True]
    assert not (tmp_path / "var" / "netim.db").exists()


def test_a_command_goes_on_with_a_brand_that_is_right(tmp_path: Path) -> None:
    done = netim(tmp_path, "migrate", "support@kestrel.example")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "netim.db").exists()


def test_the_doctor_names_the_fault(tmp_path: Path) -> None:
    done = netim(tmp_path, "doctor", "nobody")

    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith(f"fault  brand: {FAULT}")]
    assert "set    NETIM_WORKERS: 1 (default)" in done.stdout


def test_the_doctor_names_a_brand_that_is_right(tmp_path: Path) -> None:
    said = netim(tmp_path, "doctor", "support@kestrel.example").stdout

    assert f"ok     brand: Kestrel & Sons Cloud, of {tmp_path / 'brand'}\n" in said

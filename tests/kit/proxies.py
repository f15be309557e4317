"""The proxies of docs/deployment.md, run: the very blocks of that page, with other names, ports and paths."""

import contextlib
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kit.harness import ROOT, START_SECONDS, free_port
from tools.find_program import CADDY, NGINX, Program, find

PAGE = ROOT / "docs" / "deployment.md"
NAME = "localhost"
"""The only name that is sure to be this machine without asking anybody."""


def block(title: str) -> str:
    """The fenced block of the page whose first comment begins with this: a file's name, or what it does.

    The comment itself is left out.
    """
    for body in re.findall(r"^```\w+\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        found = re.match(rf"((?:#!.*\n)?)# {re.escape(title)}(?:[:, ].*)?\n", body)
        if found:
            return found[1] + body[found.end() :]
    raise AssertionError(f"no block {title!r} in {PAGE.name}")


def adapt(text: str, *changes: tuple[str, str]) -> str:
    """Each of these strings replaced by another; one that is not there is a fault of the test."""
    for old, new in changes:
        assert old in text, f"{old!r} is not in the block any more"
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Certificates:
    """An authority of the tests, and what it has signed for `localhost`."""

    chain: Path
    key: Path
    authority: Path

    def trust(self) -> ssl.SSLContext:
        """How a browser looks at it that knows the authority."""
        return ssl.create_default_context(cafile=str(self.authority))


def make_certificates(folder: Path) -> Certificates:
    """Good for an hour."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "fullchain.pem", folder / "privkey.pem", folder / "authority.pem")
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    usage = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
            "decipher_only", "key_cert_sign", "crl_sign", "digital_signature",
        ),
        False,
    )  # fmt: skip
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**(usage | {"key_cert_sign": True, "crl_sign": True})), critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    names = [x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))]
    own = (
        _certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), authority_name, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**(usage | {"digital_signature": True})), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    made.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    made.chain.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )


@dataclass(frozen=True)
class Entrance:
    """Where a proxy listens, and for whom: the apps' ports, blue's first."""

    certificates: Certificates
    upstreams: tuple[int, int]
    http: int
    https: int

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.https}"

    @classmethod
    def make(cls, folder: Path) -> "Entrance":
        """All on free ports."""
        return cls(make_certificates(folder), (free_port(), free_port()), free_port(), free_port())

    def _common(self) -> tuple[tuple[str, str], ...]:
        return (
            ("https://account.example.com", self.url),
            ("/etc/ssl/netim/fullchain.pem", str(self.certificates.chain)),
            ("/etc/ssl/netim/privkey.pem", str(self.certificates.key)),
            ("127.0.0.1:3000", f"127.0.0.1:{self.upstreams[0]}"),
            ("127.0.0.1:3001", f"127.0.0.1:{self.upstreams[1]}"),
        )


DEBIANS_OWN = """    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    gzip on;
"""
"""The lines in force where our file says nothing else."""


@contextlib.contextmanager
def nginx(folder: Path, entrance: Entrance) -> Iterator[None]:
    """With a main file as Debian's has it, made for a user without rights and for paths of the test."""
    folder.mkdir(parents=True, exist_ok=True)
    site = adapt(
        block("/etc/nginx/conf.d/netim.conf"),
        *entrance._common(),
        ("account.example.com", NAME),
        ("listen 80", f"listen 127.0.0.1:{entrance.http}"),
        ("listen 443", f"listen 127.0.0.1:{entrance.https}"),
    )
    (folder / "netim.conf").write_text(site)
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\nerror_log stderr notice;\npid {folder}/pid;\nevents {{}}\n"
        f"http {{\n{temporary}    access_log {folder}/access.log;\n{DEBIANS_OWN}    include {folder}/netim.conf;\n}}\n"
    )
    with _running(folder, entrance, NGINX, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")):
        yield


@contextlib.contextmanager
def caddy(folder: Path, entrance: Entrance) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    site = adapt(
        block("/etc/caddy/Caddyfile"),
        ("http://account.example.com", f"http://{NAME}:{entrance.http}"),
        *entrance._common(),
        ("\tservers {\n", "\tadmin off\n\tdefault_bind 127.0.0.1\n\tauto_https disable_redirects\n\tservers {\n"),
    )
    (folder / "Caddyfile").write_text(site)
    with _running(folder, entrance, CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"):
        yield


PROXIES = {"nginx": nginx, "caddy": caddy}


@contextlib.contextmanager
def _running(folder: Path, entrance: Entrance, program: Program, *arguments: str) -> Iterator[None]:
    path = find(program)
    assert path, f"no {program.package}: run `make test`, which fetches it, or set {program.variable}"
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [path, *arguments],
            env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(entrance):
            said = (folder / "log").read_text()
            assert process.poll() is None, f"the proxy stopped at once:\n{said}"
            assert time.monotonic() < deadline, f"the proxy did not answer in time:\n{said}"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _answers(entrance: Entrance) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{entrance.url}/ping", verify=entrance.certificates.trust()).status_code == 200
    return False

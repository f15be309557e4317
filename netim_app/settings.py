"""Every setting of the product, typed and read once from the environment (prefix `NETIM_`)."""

from email.utils import parseaddr
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105  refused in production
MIN_SECRET_LENGTH = 32
MIN_SECRET_VARIETY = 8
"""Different characters: less is no random text, be it hexadecimal."""
MIN_BCRYPT_COST = 12
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")


class Settings(BaseSettings):
    """Read-only. `faults` says what forbids a start in production."""

    model_config = SettingsConfigDict(env_prefix="NETIM_", frozen=True, extra="ignore")

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(3000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    public_url: str = ""
    var_dir: Path = Path("var")
    database_url: str = Field("", repr=False)
    redis_url: str = Field("", repr=False)
    smtp_url: SecretStr = SecretStr("")
    mail_dir: Path | None = None
    mail_from: str = "Netim Direct <security@netim.example>"
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    secret_key_old: SecretStr = SecretStr("")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    session_idle_minutes: int = Field(30, ge=1)
    session_absolute_hours: int = Field(12, ge=1)
    session_remember_days: int = Field(30, ge=1)
    password_min_length: int = Field(12, ge=8, le=64)
    bcrypt_cost: int = Field(12, ge=4, le=16)
    clock_file: Path | None = None

    @field_validator("public_url")
    @classmethod
    def _strip_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    def model_post_init(self, _context: object) -> None:
        derived = {
            "public_url": self.public_url or f"http://127.0.0.1:{self.port}",
            "database_url": self.database_url or f"sqlite:///{self.var_dir / 'netim.db'}",
            "mail_dir": self.mail_dir or (None if self.production else self.var_dir / "mail"),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The only origins whose pages may open the socket or post a form."""
        return (self.public_url,)

    def faults(self) -> list[str]:
        """One clear line for everything that forbids a start."""
        url = urlsplit(self.public_url)
        found = []
        if url.scheme not in ("http", "https") or not url.hostname or url.path or url.query or url.fragment:
            found.append("NETIM_PUBLIC_URL must be a bare origin such as https://account.example.com")
        if self.production:
            return [*found, *self._unsafe(), *self._mail_faults()]
        if not (_is_loopback(self.host) and _is_loopback(url.hostname or "")):
            found.append("development is for this machine only: set NETIM_ENV=production to serve others")
        return found

    def _unsafe(self) -> list[str]:
        secret = self.secret_key.get_secret_value()
        rules = (
            (secret in ("", DEVELOPMENT_SECRET), "NETIM_SECRET_KEY is not set: production needs a secret of its own"),
            (
                0 < len(secret) < MIN_SECRET_LENGTH,
                f"NETIM_SECRET_KEY is too short: at least {MIN_SECRET_LENGTH} characters",
            ),
            (
                0 < len(set(secret)) < MIN_SECRET_VARIETY,
                f"NETIM_SECRET_KEY is too simple: at least {MIN_SECRET_VARIETY} different characters",
            ),
            (not self.public_url.startswith("https://"), "NETIM_PUBLIC_URL must start with https:// in production"),
            (self.clock_file is not None, "NETIM_CLOCK_FILE is for development only"),
            (self.workers > 1 and not self.redis_url, "several workers (NETIM_WORKERS) need NETIM_REDIS_URL"),
            (
                bool(self.redis_url) and not urlsplit(self.redis_url).password,
                "NETIM_REDIS_URL needs a password (redis://:password@host): page states are kept there",
            ),
            (self.bcrypt_cost < MIN_BCRYPT_COST, f"NETIM_BCRYPT_COST must be at least {MIN_BCRYPT_COST} in production"),
        )
        return [fault for broken, fault in rules if broken]

    def _mail_faults(self) -> list[str]:
        smtp_url = self.smtp_url.get_secret_value()
        smtp = urlsplit(smtp_url)
        try:
            sender = validate_email(parseaddr(self.mail_from)[1], check_deliverability=False).domain
        except EmailNotValidError:
            sender = ""
        rules = (
            (not smtp_url and self.mail_dir is None, "mail has nowhere to go: set NETIM_SMTP_URL (or NETIM_MAIL_DIR)"),
            (
                bool(smtp_url) and (smtp.scheme not in SMTP_SCHEMES or not smtp.hostname),
                "NETIM_SMTP_URL must look like smtps://user:password@mail.example.com",
            ),
            ("verify=no" in smtp.query, "NETIM_SMTP_URL: verify=no is for development only"),
            (
                smtp.scheme == "smtp" and bool(smtp.password) and not _is_loopback(smtp.hostname or ""),
                "NETIM_SMTP_URL would send a password in clear: use smtp+starttls:// or smtps://",
            ),
            (
                not sender or sender.endswith(".example"),
                "NETIM_MAIL_FROM must be an address of yours, such as Netim Direct <security@example.com>",
            ),
        )
        return [fault for broken, fault in rules if broken]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@lru_cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()

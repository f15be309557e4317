"""Every setting of the product, typed and read once (prefix `NETIM_`).

Sources, by descending priority: the environment, `.env` in development, and files named after settings.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from netim_app import setting_files
from netim_app.setting_domains import belongs_to, domain_of, read_passkey_domain
from netim_app.setting_networks import Network, read_proxies
from netim_app.setting_values import (
    SmtpServer,
    is_loopback,
    read_breached_passwords,
    read_database_url,
    read_listening_host,
    read_object_path,
    read_origin,
    read_redis_url,
    read_sender,
    read_smtp_server,
    with_absolute_file,
)

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105  refused in production
MIN_SECRET_LENGTH = 32
MIN_SECRET_VARIETY = 8
"""Different characters: even a random hexadecimal text has more."""
MIN_BCRYPT_COST = 12
SECRETS = ("secret_key", "secret_key_old")
"""Their values are not stripped: a blank at the end is part of a key."""
PATHS = ("var_dir", "mail_dir", "clock_file", "database_url", "secrets_dir", "brand_dir")
OWN_BRAND = Path(__file__).resolve().parent / "brand" / "default"
LOOPBACK_NAMES = ("localhost", "127.0.0.1")


def _text(read: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda value: read(value) if value else "")


AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
"""Relative to the folder in which the process starts."""


def _checked_smtp(value: SecretStr) -> SecretStr:
    if value.get_secret_value():
        read_smtp_server(value.get_secret_value())
    return value


def _proxies(value: object) -> object:
    return read_proxies(value) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Read-only. `faults` lists what forbids a start."""

    model_config = SettingsConfigDict(env_prefix="NETIM_", frozen=True, extra="ignore", hide_input_in_errors=True)

    env: Literal["development", "production"] = "development"
    host: Annotated[str, _text(read_listening_host)] = "127.0.0.1"
    port: int = Field(3000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    public_url: Annotated[str, _text(read_origin)] = ""
    var_dir: AbsolutePath = Field(Path("var"), validate_default=True)
    database_url: Annotated[str, _text(read_database_url), _text(with_absolute_file)] = Field("", repr=False)
    redis_url: Annotated[str, _text(read_redis_url)] = Field("", repr=False)
    smtp_url: Annotated[SecretStr, AfterValidator(_checked_smtp)] = SecretStr("")
    mail_dir: AbsolutePath | None = None
    mail_from: Annotated[str, _text(read_sender)] = "security@account.example"
    brand_dir: AbsolutePath = OWN_BRAND
    customer_directory: Annotated[str, _text(read_object_path)] = ""
    passkey_domain: Annotated[str, _text(read_passkey_domain)] = ""
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    secret_key_old: SecretStr = SecretStr("")
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_proxies)] = ()
    session_idle_minutes: int = Field(30, ge=1, le=7 * 24 * 60)
    session_absolute_hours: int = Field(12, ge=1, le=366 * 24)
    session_remember_days: int = Field(30, ge=1, le=400)  # no browser keeps a cookie longer
    password_min_length: int = Field(12, ge=8, le=64)
    breached_passwords: Annotated[str, _text(read_breached_passwords)] = "off"
    bcrypt_cost: int = Field(12, ge=4, le=16)
    clock_file: AbsolutePath | None = None
    secrets_dir: AbsolutePath | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, by descending priority."""
        return (init_settings, env_settings, *setting_files.sources(settings_cls))

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Treats an empty value as not set, and strips blanks around a value."""
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        trimmed = {name: value if name in SECRETS else value.strip() for name, value in texts.items()}
        return {name: value for name, value in (values | trimmed).items() if not _is_blank(value)}

    def model_post_init(self, _context: object) -> None:
        derived = {
            "public_url": self.public_url or f"http://localhost:{self.port}",
            "passkey_domain": self.passkey_domain
            or domain_of(self.public_url or f"http://{LOOPBACK_NAMES[0]}:{self.port}"),
            "database_url": self.database_url or f"sqlite:///{self.var_dir / 'netim.db'}",
            "mail_dir": self.mail_dir or (None if self.production else self.var_dir / "mail"),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def paths(self) -> dict[str, str]:
        """The variables for a process that runs in another folder and must open the same files."""
        given = [name for name in PATHS if name == "var_dir" or name in self.model_fields_set]
        return {f"NETIM_{name.upper()}": str(getattr(self, name)) for name in given}

    @property
    def production(self) -> bool:
        return self.env == "production"

    @cached_property
    def smtp(self) -> SmtpServer | None:
        """The mail server, if there is one."""
        text = self.smtp_url.get_secret_value()
        return read_smtp_server(text) if text else None

    @cached_property
    def allowed_origins(self) -> tuple[str, ...]:
        """The only origins whose pages may open the socket or post a form; the public one is the first.

        In development it includes both names of this machine, because people and tools use either.
        """
        names = () if self.production else LOOPBACK_NAMES
        return tuple(dict.fromkeys((self.public_url, *map(self._at, names))))

    @property
    def api_url(self) -> str:
        """Where a page of `reflex run` opens its socket. The page replaces `localhost` by its own host.

        Pages of `netim build` open their socket at their own origin.
        """
        return self._at("localhost")

    def _at(self, host: str) -> str:
        """The public URL with another name of this machine; unchanged when its host is not this machine."""
        url = urlsplit(self.public_url)
        if not is_loopback(url.hostname or ""):
            return self.public_url
        return url._replace(netloc=f"{host}:{url.port}" if url.port else host).geturl()

    def faults(self) -> list[str]:
        """One clear line for everything that forbids a start."""
        files = setting_files.faults()
        if self.production:
            return [*files, *self._unsafe(), *self._mail_faults(), *self._passkey_faults()]
        others = {"NETIM_HOST": self.host, "NETIM_PUBLIC_URL": urlsplit(self.public_url).hostname or ""}
        return files + [
            f"{name}: development is for this machine only; set NETIM_ENV=production to serve others"
            for name, host in others.items()
            if not is_loopback(host)
        ]

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
            (self.workers > 1 and not self.redis_url, "NETIM_WORKERS: several workers need NETIM_REDIS_URL"),
            (
                bool(self.redis_url) and not urlsplit(self.redis_url).password,
                "NETIM_REDIS_URL needs a password (redis://:password@host): page states are kept there",
            ),
            (self.bcrypt_cost < MIN_BCRYPT_COST, f"NETIM_BCRYPT_COST must be at least {MIN_BCRYPT_COST} in production"),
        )
        return [fault for broken, fault in rules if broken]

    def _passkey_faults(self) -> list[str]:
        own = urlsplit(self.public_url).hostname or ""
        if not self.passkey_domain or belongs_to(own, self.passkey_domain):
            return []
        return ["NETIM_PASSKEY_DOMAIN must be the host of NETIM_PUBLIC_URL, or a parent domain of it"]

    def _mail_faults(self) -> list[str]:
        smtp = self.smtp
        rules = (
            (not smtp and self.mail_dir is None, "mail has nowhere to go: set NETIM_SMTP_URL (or NETIM_MAIL_DIR)"),
            (smtp and not smtp.verify, "NETIM_SMTP_URL: verify=no is for development only"),
            (
                smtp and smtp.sends_password_in_clear,
                "NETIM_SMTP_URL would send a password in clear: use smtp+starttls:// or smtps://",
            ),
            (
                self.mail_from.rstrip(">").endswith(".example"),
                "NETIM_MAIL_FROM must be an address of yours, such as security@example.com",
            ),
        )
        return [fault for broken, fault in rules if broken]


def _is_blank(value: object) -> bool:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return isinstance(text, str) and not text.strip()


@dataclass(frozen=True)
class Reading:
    """The result of reading the settings.

    Attributes:
        settings: the settings; those that cannot be read have their defaults.
        unreadable: the reasons why settings cannot be read, by field name.
    """

    settings: Settings
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """A line for each setting that cannot be read, and for each fault that forbids a start."""
        unreadable = {f"NETIM_{name.upper()}": why for name, why in self.unreadable.items()}
        others = [line for line in self.settings.faults() if not any(name in line for name in unreadable)]
        return [*(f"{name} {why}" for name, why in unreadable.items()), *others]


def read_settings(**values: Any) -> Reading:
    """Reads the settings.

    Args:
        values: override the environment, by field name.
    """
    try:
        return Reading(Settings(**values))
    except ValidationError as error:
        unreadable = {str(each["loc"][0]): _reason(each) for each in error.errors(include_url=False)}
    # The other settings are still read, so that all faults are shown at once.
    defaults = {name: Settings.model_fields[name].default for name in unreadable}
    return Reading(Settings(**{**values, **defaults}), unreadable)


def _reason(error: Any) -> str:
    """The reason in one line, without the value, which may be a secret."""
    if isinstance(error["input"], setting_files.Unreadable):
        return error["input"].why
    if "error" in error.get("ctx", {}) and error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return str(error["msg"]).replace("Input should be", "must be").partition(", unable to parse")[0]


@lru_cache
def get_settings() -> Settings:
    """The settings of this process. When they cannot be read, it prints why and exits.

    `Settings.faults` finds values that can be read and still forbid a start.
    """
    reading = read_settings()
    if reading.unreadable:
        sys.stderr.writelines(f"refused to start: {fault}\n" for fault in reading.faults)
        raise SystemExit(1)
    return reading.settings

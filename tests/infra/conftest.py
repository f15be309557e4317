"""Mail templates that belong to no feature, and logging as Python starts it."""

import logging
import shutil
from pathlib import Path

import pytest

from netim_app.infra import mail_templates
from tests.kit.log_setup import undo_install

TEMPLATE = """
{% extends "layout.jinja" %}
{% block subject %}{{ "Login to" if locale == "en" else "Connexion à" }} Netim, {{ first_name }}{% endblock %}
{% block preview %}Hello{% endblock %}
{% block content %}
{{ mail.lead(say("mail.greeting.named", name=browser)) }}
{{ mail.facts([("Browser", browser)]) }}
{{ mail.button("Check", link) }}
{% endblock %}
"""


@pytest.fixture(autouse=True)
def untouched_logging() -> None:
    """As in a process that has not imported the product: another test may have, and that sets up the logging."""
    undo_install()
    for name in ("socketio.server", "engineio.server"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def sample_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mail_templates.Templates:
    """One event, `logged_in`, in both languages, with what features add to every mail."""
    folder = tmp_path / "package" / "features" / "alerts" / "emails"
    (folder / "additions").mkdir(parents=True)
    for addition in mail_templates.PACKAGE.rglob("emails/additions/*.jinja"):
        shutil.copy(addition, folder / "additions")
    (folder / "logged_in.jinja").write_text(TEMPLATE)
    found = mail_templates.Templates(tmp_path / "package")
    monkeypatch.setattr(mail_templates, "templates", lambda: found)
    return found

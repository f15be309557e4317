"""The texts of mails, made from templates."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from netim_app.infra.mail_message import CONTROLS, RenderedMail

PACKAGE = Path(__file__).resolve().parent.parent
MAX_PARAM_LENGTH = 2_000
MAX_GREETED = 80
_LINK_LIKE = re.compile(r"[/:@<>\\]|[.\u3002](?:\w\w|\d)|www", re.IGNORECASE)
"""In a name in its compatibility form. The ideographic full stop has none, and browsers read it as a dot.
A single letter after a dot is an initial and no domain: "J.R."."""


class Templates:
    """The mail templates of the product: `**/emails/<event>/<locale>/{subject.txt,body.txt,body.html}`.

    Args:
        package: where to look; the shared layout is its `texts/emails`.

    Raises:
        ValueError: two places hold templates for the same event.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        layout = PACKAGE / "texts" / "emails"
        roots = sorted(path for path in package.rglob("emails") if path.is_dir() and path != layout)
        self.events: dict[str, Path] = {}
        """Event name -> its folder. For the house test that every event has every language."""
        for folder in sorted(child for root in roots for child in root.iterdir() if child.is_dir()):
            if folder.name in self.events:
                raise ValueError(f"two places hold mails for {folder.name}")
            self.events[folder.name] = folder
        self._environment = Environment(
            loader=FileSystemLoader([layout, *roots]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.tests["greetable"] = _greetable

    def render(self, event: str, locale: str, params: Mapping[str, object]) -> RenderedMail:
        """The mail of `event` in `locale`. See `render`."""
        known = {name: _clean(value) for name, value in params.items()} | {"locale": locale}
        subject = self._part(event, locale, "subject.txt", known)
        known["subject"] = subject = " ".join(CONTROLS.sub(" ", subject).split())
        text = self._part(event, locale, "body.txt", known)
        text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
        return RenderedMail(subject, text, self._part(event, locale, "body.html", known).strip() + "\n")

    def _part(self, event: str, locale: str, name: str, params: Mapping[str, object]) -> str:
        return self._environment.get_template(f"{event}/{locale}/{name}").render(params)


@lru_cache
def templates() -> Templates:
    """The templates of the product, found once."""
    return Templates()


def render(event: str, locale: str, params: Mapping[str, object]) -> RenderedMail:
    """The three texts of a mail.

    Texts in `params` become one line without control characters, so that a customer's name cannot add a
    paragraph of its own. `first_name`, when given, is greeted, unless it looks like a link: sign-up must not
    turn us into a sender of adverts. `macros.html` and `macros.txt` hold the pieces that mails share.

    Raises:
        jinja2.TemplateNotFound: there is no such event or language.
        jinja2.UndefinedError: the template needs a parameter that was not given.
    """
    return templates().render(event, locale, params)


def _greetable(name: str) -> bool:
    return bool(name) and len(name) <= MAX_GREETED and not _LINK_LIKE.search(unicodedata.normalize("NFKC", name))


def _clean(value: object) -> object:
    if isinstance(value, Markup):
        raise TypeError("a mail parameter must be plain text")
    if isinstance(value, str):
        return CONTROLS.sub(" ", value)[:MAX_PARAM_LENGTH].strip()
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value

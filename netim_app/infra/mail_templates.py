"""The texts of mails: each event has one template, rendered as subject, text and HTML in each language."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from netim_app.brand.brand import get_brand
from netim_app.core import readers
from netim_app.infra.mail_message import CONTROLS, RenderedMail
from netim_app.texts import catalog
from netim_app.texts.languages import language
from netim_app.texts.po_files import COUNTED

PACKAGE = Path(__file__).resolve().parent.parent
MAX_PARAM_LENGTH = 2_000
MAX_GREETED = 80
_PLAIN_SIGNS = str.maketrans({"\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}", "\N{NON-BREAKING HYPHEN}": "-"})
_BEHIND_A_GROUP = re.compile(r"(?<=[\da-f:]:)(?=[\da-f]{0,4}:)", re.IGNORECASE | re.ASCII)
"""The places between the groups of an IPv6 address. A time such as 10:30 has none, because it has only one colon."""


class UntranslatedError(LookupError):
    """A language lacks a text of a mail. Its text is the key."""


class Templates:
    """The mail templates of the product: `**/emails/<event>.jinja`.

    A template has the order of a mail's parts and no words: it gets the words from the catalogue with
    `say("mail.<event>.<place>")`. It is rendered three times, as subject, text and HTML, each with its own
    `layout.jinja` below `texts/emails`. The macros of `parts.jinja` are its `mail`.

    Args:
        package: where to look for events.

    Raises:
        ValueError: two places hold a template for the same event.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        shared = PACKAGE / "texts" / "emails"
        roots = sorted(path for path in package.rglob("emails") if path.is_dir() and path != shared)
        self.events: dict[str, Path] = {}
        """Event name -> its template."""
        for file in sorted(file for root in roots for file in root.glob("*.jinja")):
            if file.stem in self.events:
                raise ValueError(f"two places hold a mail for {file.stem}")
            self.events[file.stem] = file
        self._subject = _environment([shared / "subject", shared / "text", shared, *roots])
        self._text = _environment([shared / "text", shared, *roots])
        self._html = _environment([shared / "html", shared, *roots], autoescape=True)

    def render(
        self, event: str, locale: str, params: Mapping[str, object], additions: Sequence[Mapping[str, object]] = ()
    ) -> RenderedMail:
        """The mail of `event` in `locale`. See `render`."""
        known = {name: _clean(value) for name, value in params.items()}
        known["additions"] = [{name: _clean(value) for name, value in addition.items()} for addition in additions]
        known |= {"locale": locale, "direction": language(locale).direction, "say": partial(_say, locale)}
        template = f"{event}.jinja"
        subject = self._subject.get_template(template).render(known)
        known["subject"] = subject = re.sub(" +", " ", CONTROLS.sub(" ", subject)).strip()
        text = _render(self._text, template, known)
        text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
        html = _render(self._html, template, known).strip() + "\n"
        return RenderedMail(subject, text, html, locale)


def _render(environment: Environment, template: str, known: Mapping[str, object]) -> str:
    parts = environment.get_template("parts.jinja").make_module(dict(known))
    return environment.get_template(template).render(known, mail=parts)


def _environment(folders: Sequence[Path], *, autoescape: bool = False) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=autoescape,  # noqa: S701 (plain text is not escaped)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["greetable"] = _greetable
    environment.filters["breakable"] = _breakable
    brand = get_brand()
    environment.globals |= {"brand": brand, "light": brand.light, "dark": brand.dark}
    return environment


def _say(locale: str, key: str, **params: object) -> str:
    """A text of the catalogue, without characters that the fonts of mail programs may lack."""
    if not catalog.is_translated(locale, key):
        raise UntranslatedError(key)
    return _in_plain_signs(catalog.template(locale, key, params.get(COUNTED, 1))).format(**params)


@lru_cache(maxsize=4_096)
def _in_plain_signs(words: str) -> str:
    return words.translate(_PLAIN_SIGNS)


@lru_cache
def templates() -> Templates:
    """The templates of the product, found once."""
    return Templates()


def render(
    event: str, locale: str, params: Mapping[str, object], additions: Sequence[Mapping[str, object]] = ()
) -> RenderedMail:
    """The three texts of a mail.

    Each of `additions` has the `name` of its template, its `place` in the layout, and the values of the template.

    Texts in `params` become one line without control characters, so that a customer's name cannot add a
    paragraph. The greeting uses `first_name`, unless it looks like a link: nobody shall send spam through sign-up.

    Raises:
        jinja2.TemplateNotFound: there is no such event.
        jinja2.UndefinedError: the template needs a parameter that was not given.
        KeyError: the template uses a text that is not in the catalogue.
        UntranslatedError: this language lacks a text of the mail, or there is no such language.
    """
    return templates().render(event, locale, params, additions)


def _greetable(name: str) -> bool:
    return bool(name) and len(name) <= MAX_GREETED and not readers.is_like_a_link(name)


def _breakable(text: str) -> Markup:
    """A text as HTML in which IPv6 addresses break between their groups of digits."""
    return Markup(_BEHIND_A_GROUP.sub("<wbr>", escape(text)))  # noqa: S704  it is escaped


def _clean(value: object) -> object:
    if isinstance(value, Markup):
        raise TypeError("a mail parameter must be plain text")
    if isinstance(value, str):
        return CONTROLS.sub(" ", value)[:MAX_PARAM_LENGTH].strip()
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value

"""Reads e-mail addresses into one form, for forms, the command line, comparisons and rows.

One mailbox is one account. So addresses are compared by `email_key`:

- The domain is in ASCII (IDNA 2008 after UTS 46): browsers send `bücher.fr` as `xn--bcher-kva.fr`, people type either.
- The part before the @ is mapped as RFC 8265 compares user names (UsernameCaseMapped): full-width letters become normal
  ones, capitals become lower case, accents are composed.

All other differences matter: dots, a `+` with its suffix, and look-alike letters (`ı` and `i`) make another mailbox.
Accounts store and show the address as typed, with the domain in its own script.
"""

import unicodedata
from contextlib import suppress

from email_validator import EmailNotValidError, validate_email

from netim_app.core.forms import Form
from netim_app.infra.mail_message import address, ascii_domain

MAX_EMAIL_LENGTH = 254
_WIDTHS = ("<wide>", "<narrow>")


def tidy(typed: str) -> str:
    """Removes invisible characters around an address, and the full stop of a sentence after it."""
    usual = "".join(_usual_width(letter) for letter in typed)
    kept = [place for place, letter in enumerate(usual) if not _is_unseen(letter)]
    seen = usual[kept[0] : kept[-1] + 1] if kept else ""
    return unicodedata.normalize("NFC", seen.removesuffix(".").removesuffix("。"))


def _is_unseen(letter: str) -> bool:
    """Whether a character is a blank, or a mark (zero-width, direction) that is pasted with an address."""
    return letter.isspace() or unicodedata.category(letter) == "Cf"


def _usual_width(letter: str) -> str:
    return unicodedata.normalize("NFKC", letter) if unicodedata.decomposition(letter).startswith(_WIDTHS) else letter


def email_key(email: str) -> str:
    """The form in which addresses are compared and looked up. Any text has one, even if it is no address."""
    local, at, domain = tidy(email).rpartition("@")
    with suppress(UnicodeError):  # nobody has such a domain
        domain = ascii_domain(domain)
    return unicodedata.normalize("NFC", local.lower()) + at + domain.lower()


def read_email(form: Form, name: str = "email", *, strict: bool = False) -> str:
    """Reads a well-formed address from a form field and keeps its spelling. `strict`: also short enough for SMTP."""
    typed = form.text(name, limit=MAX_EMAIL_LENGTH, clean=tidy)
    if not typed:
        return ""
    try:
        normalized = validate_email(typed, check_deliverability=False, strict=strict).normalized
        address(normalized)  # refuses more that must not get into a mail header, such as encoded words
    except (EmailNotValidError, ValueError):
        return form.refuse(name, "form.email")
    return normalized


def read_new_email(form: Form, name: str = "email") -> str:
    """Reads a new address for an account, which every mail server must be able to deliver to.

    Non-ASCII letters before the @ need SMTPUTF8 (RFC 6531) on every server on the way. If one lacks it, the promised
    mail never arrives, so such an address is refused at once. Accounts that already have one keep it.
    """
    email = read_email(form, name, strict=True)
    local = email.rpartition("@")[0]
    return email if local.isascii() else form.refuse(name, "form.email_letters")

"""The one form of an e-mail address, for every way in: forms, the command line, comparison, rows.

One mailbox is one account. So addresses are compared by `email_key`, in which

- the domain is in ASCII (IDNA 2008 after UTS 46): browsers send `bücher.fr` as `xn--bcher-kva.fr`, people type either;
- the part before the @ is as RFC 8265 compares user names (UsernameCaseMapped): full-width letters are the usual ones,
  capitals are small, accents are composed.

Nothing else is the same: dots, `+` and what follows it, and letters that only look alike (`ı` and `i`) are other
mailboxes. Accounts keep and show the spelling that was typed, with the domain in its own script.
"""

import unicodedata
from contextlib import suppress

from email_validator import EmailNotValidError, validate_email

from netim_app.core.forms import Form
from netim_app.infra.mail_message import address, ascii_domain

MAX_EMAIL_LENGTH = 254
_WIDTHS = ("<wide>", "<narrow>")


def tidy(typed: str) -> str:
    """An address as it was meant: without what cannot be seen around it, nor the full stop of a sentence."""
    usual = "".join(_usual_width(letter) for letter in typed)
    kept = [place for place, letter in enumerate(usual) if not _is_unseen(letter)]
    seen = usual[kept[0] : kept[-1] + 1] if kept else ""
    return unicodedata.normalize("NFC", seen.removesuffix(".").removesuffix("。"))


def _is_unseen(letter: str) -> bool:
    """Blanks, and marks (zero-width, direction) that come along when an address is pasted."""
    return letter.isspace() or unicodedata.category(letter) == "Cf"


def _usual_width(letter: str) -> str:
    return unicodedata.normalize("NFKC", letter) if unicodedata.decomposition(letter).startswith(_WIDTHS) else letter


def email_key(email: str) -> str:
    """How an address is compared and looked up. Any text has a key, also one that is no address."""
    local, at, domain = tidy(email).rpartition("@")
    with suppress(UnicodeError):  # such a domain is nobody's
        domain = ascii_domain(domain)
    return unicodedata.normalize("NFC", local.lower()) + at + domain.lower()


def read_email(form: Form, name: str = "email", *, strict: bool = False) -> str:
    """A well-formed address from a form field, in the spelling that was typed. `strict`: not too long for SMTP."""
    typed = form.text(name, limit=MAX_EMAIL_LENGTH, clean=tidy)
    if not typed:
        return ""
    try:
        normalized = validate_email(typed, check_deliverability=False, strict=strict).normalized
        address(normalized)  # the writer of mails knows more that must not get into a header, such as encoded words
    except (EmailNotValidError, ValueError):
        return form.refuse(name, "form.email")
    return normalized


def read_new_email(form: Form, name: str = "email") -> str:
    """An address that somebody wants to be reached at: one that every mail server can write to.

    Letters beyond ASCII before the @ need SMTPUTF8 (RFC 6531) on every server on the way. Where one lacks it, the mail
    that the page has promised never comes: so the page says it at once. Accounts that have such an address keep it.
    """
    email = read_email(form, name, strict=True)
    local = email.rpartition("@")[0]
    return email if local.isascii() else form.refuse(name, "form.email_letters")

"""identity.email_address: one mailbox is one account, and what is no address is said at the field."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.core.errors import InvalidForm
from netim_app.core.forms import Form
from netim_app.identity.email_address import email_key, read_email, read_new_email, tidy

IDN = "anna@bücher-laden.fr"
IDN_AS_SENT = "anna@xn--bcher-laden-thb.fr"

SAME = [
    (IDN, IDN_AS_SENT),
    (IDN, "ANNA@BÜCHER-LADEN.FR"),
    (IDN, "Anna@XN--BCHER-LADEN-THB.fr"),
    (IDN, "anna@bu\N{COMBINING DIAERESIS}cher-laden.fr"),
    (IDN, "anna@bücher-laden。fr"),
    (IDN, "anna@bücher-laden.fr."),
    (IDN, "ａｎｎａ＠ｂücher-laden．ｆｒ"),
    ("ada@example.org", " ADA@Example.ORG\N{NO-BREAK SPACE}"),
    ("ada@example.org", "\u200eada@example.org\u200b"),
    ("ada@example.org", "ada@example.org."),
    ("ada@example.org", "ada@ｅxample.org"),
    ("ada@kexample.org", "ada@\N{KELVIN SIGN}example.org"),
    ("kate@example.org", "\N{KELVIN SIGN}ate@example.org"),
    ("ada@sam.org", "ada@ſam.org"),  # what browsers make of it
    ("josé@example.org", "jose\N{COMBINING ACUTE ACCENT}@example.org"),
    ("josé@example.org", "JOSÉ@example.org"),
    ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
    ("a@straße.de", "a@xn--strae-oqa.de"),
]
APART = [
    ("ada@example.org", "a.da@example.org"),
    ("ada@example.org", "ada+netim@example.org"),
    ("ada@example.org", "ada@example.com"),
    ("ada@example.org", "adà@example.org"),
    ("ian@example.org", "ıan@example.org"),
    ("ian@example.org", "İan@example.org"),
    ("sam@example.org", "ſam@example.org"),
    ("ada@github.com", "ada@gıthub.com"),
    ("ada@straße.de", "ada@strasse.de"),
    ("ada@example.org", "аda@example.org"),  # Cyrillic
    ("ada@apple.com", "ada@аpple.com"),
    ("find@example.org", "ﬁnd@example.org"),
    ("a2@example.org", "a²@example.org"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_mailbox_has_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_mailboxes_have_two_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


def test_the_domain_of_a_key_is_what_browsers_send() -> None:
    assert email_key(IDN) == IDN_AS_SENT


@given(st.text(max_size=40) | st.emails() | st.tuples(st.text(max_size=9), st.text(max_size=9)).map("@".join))
def test_every_text_has_a_key_and_a_key_is_its_own(text: str) -> None:
    key = email_key(text)

    assert email_key(key) == key
    assert unicodedata.is_normalized("NFC", key.rpartition("@")[0])


@pytest.mark.parametrize("typed", [IDN, IDN_AS_SENT, "anna@bücher-laden.fr.", "\u2068anna@bücher-laden.fr\u2069 "])
def test_an_address_is_kept_as_people_read_it(typed: str) -> None:
    for read in (read_email, read_new_email):
        form = Form({"email": typed})
        assert read(form) == IDN
        form.finish()


def test_full_width_letters_are_usual_ones() -> None:
    assert tidy("ａｎｎａ＋ｘ＠ｅｘａｍｐｌｅ．ｏｒｇ") == "anna+x@example.org"
    assert tidy("用户。x@例え。jp。") == "用户。x@例え。jp"


def faults_of(address: object) -> list[tuple[str, str]]:
    form = Form({"email": address})
    assert read_new_email(form) == ""
    with pytest.raises(InvalidForm) as refused:
        form.finish()
    return [(found.field, found.key) for found in refused.value.all]


@pytest.mark.parametrize("address", ["josé@example.org", "用户@例え.jp", "ıan@example.org", "аda@example.org"])
def test_an_address_that_not_every_server_can_write_to_is_no_new_one(address: str) -> None:
    assert faults_of(address) == [("email", "form.email_letters")]


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?a?=@example.com",
        "=?utf-8?b?YQ==?=@example.com",
        "=?utf-8?q?b?=.x@example.com",
        "=?utf-8?q?a=40evil.test?=@example.com",
        '"a b"@example.com',
        '"a@evil.test"@example.com',
        '"a"@example.com',
        "a(x)@example.com",
        "a@example.com(x)",
        "a@evil.test@example.com",
        "a%evil.test@[192.0.2.1]",
        "a@[IPv6:::1]",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "<a@example.com>",
        "mailto:a@example.com",
        "a@i❤.ws",
        "a@xn--a.com",
        "a@xn--.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + ".".join(["ü" * 20] * 8) + ".com",
    ],
)
def test_what_a_mail_cannot_be_addressed_to_is_said_at_the_field(address: str) -> None:
    assert faults_of(address) == [("email", "form.email")]


def test_an_address_that_is_no_new_one_still_logs_in() -> None:
    for address in ("josé@example.org", "a" * 65 + "@example.com"):
        assert read_email(Form({"email": address})) == address


@pytest.mark.parametrize("address", ["a=?utf-8?q?b?=@example.com", "{a|b}@example.com", "o'neill@example.com"])
def test_odd_but_right_addresses_are_taken(address: str) -> None:
    assert read_new_email(Form({"email": address})) == address


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "Ada.Lovelace+netim@sub.example.org",
        "o'neill@example.org",
        "用户@例え.jp",
        "a" * 64 + "@example.org",
    ],
)
def test_a_well_formed_address_is_taken(address: str) -> None:
    form = Form({"email": f" {address} "})

    assert read_email(form) == address
    form.finish()


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("", "form.required"),
        ("ada", "form.email"),
        ("ada@", "form.email"),
        ("@example.org", "form.email"),
        ("ada@example", "form.email"),
        ("ada@@example.org", "form.email"),
        ("ada@example.org, bob@example.org", "form.email"),
        ("Ada <ada@example.org>", "form.email"),
        ("ada@[127.0.0.1]", "form.email"),
        ("ada@localhost", "form.email"),
        ("ada b@example.org", "form.email"),
        ("ada..b@example.org", "form.email"),
        ("ada@exa_mple.org", "form.email"),
        ("a@" + "b" * 260 + ".org", "form.too_long"),
        ("ada@example.org\nBcc: x@example.org", "form.invisible"),
        ("ada@example.org\0", "form.invisible"),
        (["ada@example.org"], "form.invalid"),
        (None, "form.invalid"),
    ],
)
def test_a_malformed_address_is_refused(address: object, fault: str) -> None:
    form = Form({"email": address})

    assert read_email(form) == ""
    with pytest.raises(InvalidForm) as refused:
        form.finish()
    assert [(found.field, found.key) for found in refused.value.all] == [("email", fault)]

import pytest

from netim_app.core.errors import InvalidForm
from netim_app.core.forms import Form
from netim_app.identity.phones import MAX_LENGTH, read_phone

PARIS = "+33 1 23 45 67 89"


def read(typed: object, country: str = "") -> tuple[str, list[str]]:
    form = Form({"phone": typed})
    number = read_phone(form, "phone", country)
    try:
        form.finish()
    except InvalidForm as error:
        return number, [fault.key for fault in error.all]
    return number, []


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("", "", ""),
        (" \u200e", "", ""),
        (PARIS, "", PARIS),
        ("+33123456789", "", PARIS),
        ("+33 (0)1 23-45.67/89", "", PARIS),
        ("+33\u00a01\u202f23\u00a045\u00a067\u00a089", "", PARIS),  # as French pages print it
        ("\u202a+33 1 23 45 67 89\u202c", "", PARIS),  # as telephones copy it
        ("\u200e+33 1 23 45 67 89", "", PARIS),
        ("＋３３　１　２３　４５　６７　８９", "", PARIS),
        ("+٣٣ ١ ٢٣ ٤٥ ٦٧ ٨٩", "", PARIS),
        ("01–23–45–67–89", "FR", PARIS),
        ("01 23 45 67 89", "FR", PARIS),
        ("01.23.45.67.89.", "FR", PARIS),
        ("(01) 23 45 67 89", "FR", PARIS),
        ("33 1 23 45 67 89", "FR", PARIS),
        ("0033 1 23 45 67 89", "", PARIS),
        ("00 33 (0)1 23 45 67 89", "US", PARIS),
        ("tel:+33-1-23-45-67-89", "", PARIS),
        ("TEL:+33123456789", "", PARIS),
        ("tel:01-23-45-67-89;phone-context=+33", "", PARIS),
        ("Tél. : 01 23 45 67 89", "FR", PARIS),
        ("mobile 06 12 34 56 78", "FR", "+33 6 12 34 56 78"),
        ("tel:+33-1-23-45-67-89;ext=4", "", f"{PARIS} ext. 4"),
        ("01 23 45 67 89 ext 4", "FR", f"{PARIS} ext. 4"),
        ("01 23 45 67 89, ext. 4", "FR", f"{PARIS} ext. 4"),
        ("01 23 45 67 89 poste 12", "FR", f"{PARIS} ext. 12"),
        ("Telefon: +33 1 23 45 67 89 Durchwahl 12", "DE", f"{PARIS} ext. 12"),
        ("01 23 45 67 89 x4", "FR", f"{PARIS} ext. 4"),
        ("01 23 45 67 89 #4", "FR", f"{PARIS} ext. 4"),
        (f"{PARIS} ext. 4", "", f"{PARIS} ext. 4"),
        ("+44 20 7946 0018 extension 4", "", "+44 20 7946 0018 x4"),
        ("020 7946 0018", "GB", "+44 20 7946 0018"),
        ("06 1234 5678", "IT", "+39 06 1234 5678"),
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "+98 912 345 6789"),
        ("０９０ー１２３４ー５６７８", "JP", "+81 90-1234-5678"),
        ("011 33 1 23 45 67 89", "US", PARIS),
        ("1-800-FLOWERS", "US", "+1 800-356-9377"),
        ("+41 79 123 45 67", "FR", "+41 79 123 45 67"),
        ("+800 1234 5678", "FR", "+800 1234 5678"),
    ],
    ids=ascii,
)
def test_a_number_is_read_as_people_write_it(typed: str, country: str, number: str) -> None:
    assert read(typed, country) == (number, [])
    assert read(number, country) == (number, [])  # as the form shows it the next time


@pytest.mark.parametrize(
    ("typed", "country", "key"),
    [
        ("01 23 45 67 89", "", "form.phone_country"),
        ("123456", "", "form.phone_country"),
        ("(01) 23 45 67 89", "", "form.phone_country"),
        ("٠١ ٢٣ ٤٥ ٦٧ ٨٩", "", "form.phone_country"),
        ("call me", "", "form.phone"),
        ("(call me)", "", "form.phone"),
        ("12 rue de la Paix", "", "form.phone"),
        ("Anna 01 23 45 67 89", "", "form.phone"),
        ("?", "", "form.phone"),
        ("call me", "FR", "form.phone"),
        ("01 23 45 67 89 bureau", "FR", "form.phone"),
        ("Anna 01 23 45 67 89", "FR", "form.phone"),
        ("+33 1 23 45 6 abc", "", "form.phone"),
        ("01 23 45 67 89 / 06 12 34 56 78", "FR", "form.phone"),
        ("01 23 45 67", "FR", "form.phone"),
        ("+33 1 23 45 67 89 10 11", "", "form.phone"),
        ("+999 123456789", "", "form.phone"),
        ("00", "", "form.phone"),
        ("+", "", "form.phone"),
        ("+" * 40, "FR", "form.phone"),
        ("1" * (MAX_LENGTH + 1), "FR", "form.too_long"),
        ("01 23\u202e 45 67 89", "FR", "form.invisible"),
        ("01 23\n45 67 89", "FR", "form.invisible"),
        (None, "FR", "form.invalid"),
        (33123456789, "FR", "form.invalid"),
    ],
    ids=ascii,
)
def test_a_number_that_has_no_place_is_refused_with_the_reason(typed: object, country: str, key: str) -> None:
    assert read(typed, country) == ("", [key])

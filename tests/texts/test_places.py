"""Countries and time zones: what can be chosen, in which order, and what a browser's report of its zone means."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from babel import Locale
from reflex.utils import path_ops

from netim_app.texts.catalog import LOCALES
from netim_app.texts.countries import countries, sort_key
from netim_app.texts.time_zones import listed_zone, time_zones, zone_label, zone_names, zone_of


def place(language: str, name: str) -> int:
    return [found for _, found in countries(language)].index(name)


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("fr", ["Équateur", "Érythrée", "Espagne", "Estonie", "États-Unis", "Éthiopie", "Fidji"]),
        ("fr", ["Belize", "Bénin", "Bermudes"]),
        ("fr", ["Costa Rica", "Côte d’Ivoire", "Croatie"]),
        ("fr", ["Hongrie", "Île de Man", "Îles Åland", "Inde"]),
        ("fr", ["Guinée", "Guinée équatoriale", "Guinée-Bissau", "Guyana"]),
        ("en", ["Afghanistan", "Åland Islands", "Albania"]),
        ("de", ["Oman", "Österreich", "Pakistan"]),
        ("en", ["Samoa", "San Marino", "São Tomé & Príncipe", "Saudi Arabia"]),
    ],
)
def test_countries_stand_where_a_dictionary_has_them(language: str, in_order: list[str]) -> None:
    places = [place(language, name) for name in in_order]

    assert places == sorted(places), [name for _, name in countries(language)]


@pytest.mark.parametrize(
    "in_order",
    [["cote", "coté", "côte", "d"], ["œuf", "of"], ["Łódź", "Lodz1", "M"], ["a", "B", "c"], ["d'a", "d’b", "da"]],
)
def test_letters_count_first_then_accents(in_order: list[str]) -> None:
    assert all(sort_key(one) < sort_key(next_one) for one, next_one in pairwise(in_order))


IN_ORDER_OF_ICU = """
const given = JSON.parse(require("fs").readFileSync(0));
const sorted = ([code, names]) => [code, names.sort(new Intl.Collator(code, {ignorePunctuation: false}).compare)];
console.log(JSON.stringify(Object.fromEntries(Object.entries(given).map(sorted))));
"""
ALPHABETS = {
    "it": "",
    "sv": "a b c d e f g h i j k l m n o p q r s t u v w x y z å ä ö",
    "da": "a b c d e f g h i j k l m n o p q r s t u v w x y z æ ø å",
    "cs": "a b c č d e f g h ch i j k l m n o p q r ř s š t u v w x y z ž",
    "pl": "a ą b c ć d e ę f g h i j k l ł m n ń o ó p q r s ś t u v w x y z ź ż",
    "hu": "a b c cs d dz e f g gy h i j k l ly m n ny o ö p q r s sz t ty u ü v w x y z zs",
    "tr": "a b c ç d e f g ğ h ı i j k l m n o ö p q r s ş t u ü v w x y z",
    "ru": "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я",
}


def by_icu(names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Sorted by the collation of ICU, which Node has and no wheel for Python."""
    node = [str(path_ops.get_node_path() or "node"), "-e", IN_ORDER_OF_ICU]
    done = subprocess.run(node, input=json.dumps(names), capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_countries_stand_in_the_order_of_icu_in_each_language() -> None:
    names = {code: [name for _, name in countries(code)] for code in LOCALES}

    assert by_icu({code: sorted(found) for code, found in names.items()}) == names


def test_a_language_with_letters_of_its_own_names_its_alphabet() -> None:
    names = {code: [str(name) for name in Locale.parse(code).territories.values()] for code in ALPHABETS}
    ours = {code: sorted(names[code], key=lambda name: sort_key(name, ALPHABETS[code].split())) for code in names}

    assert ours == by_icu(names)


def test_no_country_is_lost_nor_doubled() -> None:
    codes = [code for code, _ in countries("fr")]

    assert len(codes) == len(set(codes)) > 240
    assert set(codes) == {code for code, _ in countries("en")}


@pytest.mark.parametrize(
    ("reported", "listed"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Katmandu", "Asia/Kathmandu"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Asia/Rangoon", "Asia/Yangon"),
        ("Europe/Oslo", "Europe/Oslo"),  # the same rules as Berlin, and no other name for it
        ("US/Pacific", "America/Los_Angeles"),
        ("EST5EDT", "America/New_York"),
        ("Iceland", "Atlantic/Reykjavik"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("Zulu", "UTC"),
        ("Etc/GMT", "UTC"),
        ("Etc/GMT+0", "UTC"),
        ("Factory", "UTC"),
        ("Etc/GMT-3", "UTC+03:00"),
        ("Etc/GMT+12", "UTC-12:00"),
        ("Etc/GMT-14", "UTC+14:00"),
        ("+03:00", "UTC+03:00"),
        ("-0330", "UTC-03:30"),
        ("+00:00", "UTC"),
        ("UTC+05:45", "UTC+05:45"),
        ("+01:07", ""),
        ("+99:99", ""),
        ("Etc/GMT-99", ""),
        ("Etc/Unknown", ""),
        ("Mars/Olympus", ""),
        ("../etc/passwd", ""),
        ("a\0b", ""),
        ("None", ""),
        ("", ""),
    ],
)
def test_what_a_browser_reports_is_found_in_the_list(reported: str, listed: str) -> None:
    assert listed_zone(reported) == listed


def test_each_zone_of_the_database_means_one_of_the_list_and_goes_as_fast() -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    for name in available_timezones() - {"localtime"}:
        listed = listed_zone(name)
        assert listed in time_zones(), name
        assert summer.astimezone(zone_of(name)).utcoffset() == summer.astimezone(zone_of(listed)).utcoffset(), name


def test_the_list_has_one_name_for_each_zone() -> None:
    listed = time_zones()

    assert len(listed) == len(set(listed))
    assert {listed_zone(name) for name in listed} == set(listed)
    assert not {"Asia/Calcutta", "Europe/Kiev", "America/Buenos_Aires", "Asia/Saigon", "US/Eastern"} & set(listed)
    assert {"Asia/Calcutta", *listed} <= zone_names()


def test_offsets_follow_their_sign() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert noon.astimezone(zone_of("UTC+05:30")).utcoffset() == timedelta(hours=5, minutes=30)
    assert noon.astimezone(zone_of("UTC-03:30")).utcoffset() == -timedelta(hours=3, minutes=30)
    assert noon.astimezone(zone_of("UTC+99:99")).utcoffset() == timedelta()


def test_zones_are_written_for_people() -> None:
    assert [zone_label(zone) for zone in ("America/New_York", "UTC-03:00", "UTC")] == [
        "America/New York",
        "UTC\N{MINUS SIGN}03:00",
        "UTC",
    ]

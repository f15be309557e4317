import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product

import pytest
from jinja2 import Environment, nodes

from netim_app import offers as offers_of
from netim_app.feature import GROUPS
from netim_app.infra.mail_templates import templates
from netim_app.texts import catalog
from tests.house.modules import PACKAGE, sources
from tests.kit.reviewed import of_features

KEYS = catalog.keys()
REASONS = ("ended", "refused", "again", "bye", "fault", "deleted")
NOTICES = ("success", "info", "warning", "danger")

FAMILIES: dict[str, list[str]] = {
    "field.*": [
        "first_name",
        "last_name",
        "company",
        "phone",
        "street",
        "postal_code",
        "city",
        "country",
        "language",
        "time_zone",
    ],
    "login.reason.*": list(REASONS),
    "ui.notice.*": list(NOTICES),
    "page.group.*": list(GROUPS),
    "*.support": [
        "login.reason.refused",
        "second_factor.lost.text",
        "undo.taken",
        "shell.incident",
    ],
    "*.title": ["<protection>", "<replacement>"],
    "*.advice": ["<protection>", "<hint>"],
    "*.action": ["<protection>", "<hint>", "<replacement>"],
}
"""Keys that are put together while the program runs: every pattern in the code, with all its values. Those of
features are beside their tests."""
for _reviewed in of_features():
    for _pattern, _values in _reviewed.texts.items():
        FAMILIES[_pattern] = [*FAMILIES.get(_pattern, ()), *_values]


def offered() -> dict[str, list[str]]:
    """The keys that features offer, by their placeholder in `FAMILIES`."""
    from netim_app.registry import install_features

    install_features()
    offers = offers_of.offers()
    return {
        "<protection>": [protection.key for protection in offers.protections],
        "<hint>": [hint.key for hint in offers.hints],
        "<replacement>": [step.key for step in offers.replacement_steps],
    }


def family_keys() -> set[str]:
    known = offered()
    return {
        pattern.replace("*", value)
        for pattern, values in FAMILIES.items()
        for each in values
        for value in known.get(each, [each])
    }


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of functions of these names, with the file they are in."""
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                if name in names:
                    yield path, node


def computed(node: ast.expr) -> str:
    """An f-string with its values as stars."""
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


KEY = re.compile(r"[a-z][a-z_]*(\.[a-z0-9_]+)+")


def namespaces() -> set[str]:
    return {key.partition(".")[0] for key in KEYS}


NO_KEYS = {"sign_up.id"}
"""Names that look like a key and are a column."""
FILE_ENDINGS = (".txt", ".html", ".py", ".po", ".json", ".css", ".js", ".db", ".svg", ".ini", ".jinja", ".test")


def literal_keys() -> set[tuple[str, str]]:
    """(file, key): every text in the code shaped like a key of one of our namespaces; names of log lines aside."""
    logged = {id(node) for _, call in calls("log_event") for node in ast.walk(call)}
    found = set()
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in logged:
                text = node.value
                if KEY.fullmatch(text) and text.partition(".")[0] in namespaces() and not text.endswith(FILE_ENDINGS):
                    found.add((path, text))
    no_keys = NO_KEYS | (set().union(*offered().values()) - KEYS)  # the beginnings of the keys of a step
    return {(path, text) for path, text in found if text not in no_keys}


def sentences() -> Iterator[tuple[str, set[str], set[str]]]:
    """(template, keys, names of values) of each `say(...)` of a mail: several keys where parameters choose."""
    for path in sorted(PACKAGE.rglob("emails/**/*.jinja")):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "say":
                patterns = patterns_of(call.args[0])
                keys = {key for key in KEYS if any(fnmatchcase(key, pattern) for pattern in patterns)}
                unknown = {pattern for pattern in patterns if not any(fnmatchcase(key, pattern) for key in KEYS)}
                yield path.name, keys | unknown, {value.key for value in call.kwargs}


def patterns_of(key: nodes.Node) -> list[str]:
    """The keys that an expression of a template may have, with a star for each part that a parameter decides."""
    if isinstance(key, nodes.CondExpr):
        return [*patterns_of(key.expr1), *(patterns_of(key.expr2) if key.expr2 else [])]
    if isinstance(key, nodes.Concat):
        return ["".join(pattern) for pattern in product(*(patterns_of(part) for part in key.nodes))]
    return [str(key.value)] if isinstance(key, nodes.Const) else ["*"]


def test_the_catalogue_has_no_fault() -> None:
    assert catalog.faults() == []


def test_every_key_in_the_code_exists() -> None:
    unknown = {(path, key) for path, key in literal_keys() if key not in KEYS}

    assert not unknown


def test_every_sentence_of_a_mail_exists_and_gets_its_values() -> None:
    found = list(sentences())
    unknown = {(path, key) for path, keys, _ in found for key in keys if key not in KEYS}

    assert not unknown
    for path, keys, given in found:
        wanted = {name for key in keys for name in catalog.values(key)}
        assert wanted == given, f"{path}: {sorted(keys)} need {wanted}, get {given}"
    assert len(found) > 100


TEXT_FUNCTIONS = {"tr": 0, "show_notice": 2, "refuse": 1, "DomainError": 0}
"""Functions that take a key, and the position of that argument."""


def test_every_key_that_is_handed_to_a_text_function_exists() -> None:
    """By its use, not by its look."""
    seen = 0
    for path, call in calls(*TEXT_FUNCTIONS):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id  # type: ignore[attr-defined]
        if len(call.args) <= TEXT_FUNCTIONS[name]:
            continue
        argument = call.args[TEXT_FUNCTIONS[name]]
        for node in (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                seen += 1
                assert node.value in KEYS, f"{path}: {node.value}"
    assert seen > 80


def test_every_key_that_is_put_together_is_of_a_known_family() -> None:
    found = {computed(call.args[0]) for _, call in calls("tr") if call.args and isinstance(call.args[0], ast.JoinedStr)}

    assert found == set(FAMILIES)


def test_every_family_is_complete() -> None:
    assert family_keys() <= KEYS


def test_every_text_is_used() -> None:
    said = {key for _, keys, _ in sentences() for key in keys}
    names = {f"mail.{event}.name" for event in templates().events}  # what a page calls the mail
    used = {key for _, key in literal_keys()} | family_keys() | said | names

    assert sorted(KEYS - used) == []


def test_no_code_names_a_language() -> None:
    """A language is added by its files alone; which one has every text is said in one place."""
    named = {
        (path, node.value)
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in catalog.LOCALES
    }

    assert named == {("texts/languages.py", "en")}


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_no_text_is_left_in_the_other_language(locale: str) -> None:
    """Most sentences differ between two languages; one that does not was copied and forgotten."""
    same = [
        key
        for key in sorted(KEYS - set(catalog.missing(locale)))
        for other in catalog.LOCALES
        if other != locale
        and len(catalog.template(locale, key).split()) > 3
        and catalog.template(locale, key) == catalog.template(other, key)
        and key not in catalog.missing(other)
    ]

    assert same == []
    assert len({catalog.template(locale, key) for key in KEYS}) > 100


def test_the_values_of_a_family_are_those_that_the_code_knows() -> None:
    from netim_app.identity.profiles import Profile
    from netim_app.identity.state import login

    assert set(FAMILIES["field.*"]) == set(Profile.__dataclass_fields__)
    import inspect

    for reason in REASONS:
        assert f'"{reason}"' in inspect.getsource(login), reason


def test_every_placeholder_of_a_refusal_gets_its_value() -> None:
    """A text with a placeholder needs it wherever it is raised, or the refusal becomes an incident."""
    for path, call in calls("refuse", "DomainError", "show_notice"):
        keys = [a.value for a in call.args if isinstance(a, ast.Constant) and a.value in KEYS]
        given = {keyword.arg for keyword in call.keywords} - {"field", "undo"}
        for key in keys:
            wanted = catalog.values(key)
            assert wanted == given or None in given, f"{path}: {key} needs {wanted}, gets {given}"

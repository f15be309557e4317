"""The kit page: nothing is missing on it, and what it shows as code is what runs."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import reflex as rx

from netim_app.core.actor import set_caller
from netim_app.identity.state.shell import ShellState
from netim_app.pages.kit import page as kit
from netim_app.pages.kit.page import SECTIONS, examples, snippet
from netim_app.pages.kit.state import KitState
from tests.house.modules import PACKAGE, modules
from tests.kit.factories import Tab, visitor_of

PLUMBING = {"class_name", "field_id", "form_id", "html_id", "test_id"}
"""Parameters that change nothing that can be seen."""
PIECES = ("netim_app.ui.parts", "netim_app.ui.passkeys")
"""Modules that show nothing by themselves: parts of components, and prompts of the browser."""
EXAMPLES = [example for section in SECTIONS for example in examples(section)]


def components() -> list[Callable[..., rx.Component]]:
    """Every public function of `netim_app/ui` that makes a component, but for pieces of others."""
    return [
        value
        for module in modules()
        if module.__name__.startswith("netim_app.ui.") and module.__name__ not in PIECES
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(value).return_annotation is rx.Component
    ]


def calls(function: Callable[..., Any]) -> Iterator[dict[str, ast.expr]]:
    """The arguments of each call of a component in the examples, by the name of the parameter."""
    parameters = list(inspect.signature(function).parameters.values())
    for example in EXAMPLES:
        if example.__globals__.get(function.__name__) is not function:
            continue
        for node in ast.walk(ast.parse(inspect.getsource(example))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.__name__:
                given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                for n, argument in enumerate(node.args):
                    rest = parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
                    given[parameters[0 if rest else n].name] = argument
                yield given


def test_components_are_found() -> None:
    names = {function.__name__ for function in components()}

    assert {"button", "card", "dialog", "step", "skeleton_card", "copy_by_click", "renewal_form"} <= names


@pytest.mark.parametrize("function", components(), ids=lambda function: function.__name__)
def test_every_component_is_shown_with_everything_it_can_do(function: Callable[..., Any]) -> None:
    shown = list(calls(function))

    assert shown, f"no example in netim_app/pages/kit/examples shows {function.__name__}"
    assert set(inspect.signature(function).parameters) - PLUMBING - {name for call in shown for name in call} == set()


def test_every_kind_is_shown() -> None:
    """Each value of an argument that takes one of a few words: kinds of buttons and notices, sizes, fields."""
    choices: dict[Any, set[object]] = {}
    for function in components():
        for name, parameter in inspect.signature(function).parameters.items():
            if get_origin(parameter.annotation) is Literal:
                given = [call[name] for call in calls(function) if name in call]
                seen = {value.value for value in given if isinstance(value, ast.Constant)}
                choices.setdefault(parameter.annotation, set()).update(seen, {parameter.default})

    assert len(choices) >= 4
    for choice, seen in choices.items():
        assert set(get_args(choice)) <= seen


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_the_code_that_is_shown_is_the_code_that_runs(example: kit.Example) -> None:
    imports, body = snippet(example)
    lines = [line.removeprefix("    ") for line in inspect.getsource(example).rstrip().splitlines()]

    assert lines[-len(body.splitlines()) :] == body.splitlines()
    assert example.__doc__ is not None
    assert body not in example.__doc__
    assert len(body.splitlines()) + 2 == len(lines), "a heading line, one line of words, and the code"
    names: dict[str, Any] = {}
    exec(f"{imports}\n\ndef again():\n" + "\n".join(f"    {line}" for line in body.splitlines()), names)  # noqa: S102
    assert str(names["again"]()) == str(example())


def test_the_page_shows_every_example_under_a_heading_with_its_code_and_in_the_index() -> None:
    markup = str(kit.page())

    for example in EXAMPLES:
        anchor = example.__name__.replace("_", "-")
        assert f'id:"{anchor}"' in markup
        assert f'href:"#{anchor}"' in markup
        _, body = snippet(example)
        assert str(rx.el.code(body)) in markup.replace('{className:"text-ink"}', "{}"), anchor
    assert "class KitState(rx.State):" in markup


def test_every_module_with_examples_is_a_section() -> None:
    folder = PACKAGE / "pages" / "kit" / "examples"

    assert {section.__name__.rpartition(".")[2] for section in SECTIONS} == {
        path.stem for path in folder.glob("[!_]*.py")
    }


def test_no_id_is_on_the_page_twice() -> None:
    found = Counter(re.findall(r'[{,]id:("[^"]+")', str(kit.page())))

    assert len(found) > 70
    assert [html_id for html_id, times in found.items() if times > 1] == []


def test_whole_pages_have_a_route_of_their_own() -> None:
    assert "/dev/kit/page-for-visitors" in kit.whole_pages()
    for build in kit.whole_pages().values():
        assert str(build()).count('jsx("main",') == 1
    assert str(kit.page()).count('jsx("main",') == 1


async def test_the_form_says_what_is_wrong_and_then_what_was_done() -> None:
    set_caller(visitor_of())
    tab = Tab("/dev/kit")
    await tab.run(ShellState, "open_public_page")

    state, _ = await tab.run(KitState, "save", {"nickname": ""})
    assert state.errors == {"nickname": "Please fill in this field."}

    state, _ = await tab.run(KitState, "save", {"nickname": "Anna"})
    assert state.errors == {}
    assert (await tab.state(ShellState)).notice_kind == "success"


@pytest.mark.parametrize("value", [None, 1, "on", [], {"on": True}])
async def test_what_is_no_position_no_dialog_and_no_text_does_nothing(value: Any) -> None:
    tab = Tab("/dev/kit")

    assert not (await tab.run(KitState, "switch", value))[0].on
    assert (await tab.run(KitState, "show", value))[0].dialog == ""
    assert (await tab.run(KitState, "rate", [value]))[0].score == -1

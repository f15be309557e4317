"""/dev/kit: every component of `netim_app/ui` in its states, each with the Python code that makes it.

A section is a module of `examples`, and an example is a function in it: its name is the heading, its docstring the text
below, and its body the code. So the displayed code is the code that runs.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType

import reflex as rx

from netim_app.core import paths
from netim_app.identity.state.shell import ShellState
from netim_app.identity.view.shell import notices
from netim_app.pages.kit.examples import (
    buttons,
    cards,
    dialogs,
    fields,
    figures,
    forms,
    frames,
    icons,
    long_pages,
    messages,
    small_pieces,
    switches_and_menus,
    taking_away,
)
from netim_app.pages.kit.state import KitState
from netim_app.ui.browser import copy_button
from netim_app.ui.buttons import link
from netim_app.ui.card import card
from netim_app.ui.layout import account_page
from netim_app.ui.menu import menu_form_button, menu_link
from netim_app.ui.script import Anchored
from netim_app.ui.skeleton import skeleton_card
from netim_app.ui.text import tr

SECTIONS = (
    buttons,
    fields,
    forms,
    cards,
    switches_and_menus,
    messages,
    dialogs,
    figures,
    taking_away,
    icons,
    small_pieces,
    long_pages,
    frames,
)
ROUTE = "/dev/kit"
Example = Callable[[], rx.Component]


def examples(section: ModuleType) -> list[Example]:
    """The examples of a section, in source order."""
    return [each for each in vars(section).values() if inspect.isfunction(each) and each.__module__ == section.__name__]


def snippet(example: Example) -> tuple[str, str]:
    """The code of an example: its imports, and its body without the docstring."""
    source = inspect.getsource(example)
    (function,) = ast.parse(source).body
    if not isinstance(function, ast.FunctionDef) or function.body[0].end_lineno is None:
        raise TypeError(f"{example} is no function")
    body = textwrap.dedent("".join(source.splitlines(keepends=True)[function.body[0].end_lineno :]))
    return "\n".join(_imports(example, function)), body.rstrip()


def whole_pages() -> dict[str, Example]:
    """The examples that are whole pages, by route."""
    return {f"{ROUTE}/{_anchor(example.__name__)}": example for example in examples(frames)}


def page() -> rx.Component:
    """The page /dev/kit."""
    return account_page(
        _index(),
        *(_section(section) for section in SECTIONS),
        _state(),
        heading="Kit",
        ready=ShellState.opened,
        skeleton=rx.fragment(skeleton_card(lines=9), skeleton_card()),
        customer_name=rx.Var.create("Anna Martin"),
        menu_items=[
            menu_link(tr("ui.menu.personal_information"), paths.PERSONAL),
            menu_link(tr("ui.menu.connection_and_security"), paths.SECURITY),
            menu_form_button(tr("ui.menu.log_out"), "/auth/logout"),
        ],
        locale_switch=ShellState.set_language,
        notices=notices(),
    )


def _imports(example: Example, function: ast.FunctionDef) -> Iterator[str]:
    """The import lines that the body needs, in the order of isort."""
    used = {node.id for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    found = {name: value for name, value in inspect.getmodule(example).__dict__.items() if name in used}
    if found.pop("rx", None):
        yield "import reflex as rx"
    modules = {value.__module__ for value in found.values()}
    for module in sorted(modules):
        names = sorted(name for name, value in found.items() if value.__module__ == module)
        yield f"from {module} import {', '.join(names)}"


def _anchor(name: str) -> str:
    return name.rpartition(".")[2].replace("_", "-")


def _title(example: Example) -> str:
    return example.__name__.replace("_", " ").capitalize()


def _name(section: ModuleType) -> str:
    return (section.__doc__ or "").rstrip(".")


def _index() -> rx.Component:
    rows = [
        rx.el.div(
            rx.el.dt(link(_name(section), f"#{_anchor(section.__name__)}")),
            rx.el.dd(
                *(link(_title(each), f"#{_anchor(each.__name__)}") for each in examples(section)),
                class_name="flex flex-wrap gap-x-4 gap-y-1",
            ),
            class_name="grid gap-x-4 gap-y-1 sm:grid-cols-[12rem_1fr]",
        )
        for section in SECTIONS
    ]
    return card(
        rx.el.p(
            *_prose(
                "Every component in its states, with the Python that makes it. Where an example writes a value in "
                "place, as `rx.Var.create(True)`, your own card has a var of its state: see `KitState`, at the end."
            )
        ),
        rx.el.dl(*rows, class_name="flex flex-col gap-3"),
        title="Index",
        anchor="index",
        level=2,
    )


def _section(section: ModuleType) -> rx.Component:
    return rx.fragment(
        Anchored.create(
            rx.el.h2(_name(section), class_name="pt-6 text-xl font-semibold"),
            id=rx.Var.create(_anchor(section.__name__)),
            class_name="scroll-mt-6",
        ),
        *(_shown(each, is_page=section is frames) for each in examples(section)),
    )


def _shown(example: Example, *, is_page: bool) -> rx.Component:
    anchor = _anchor(example.__name__)
    seen = rx.el.p(link("Open the page", f"{ROUTE}/{anchor}")) if is_page else example()
    return Anchored.create(
        rx.el.h3(_title(example), class_name="font-semibold"),
        rx.el.p(*_prose(inspect.getdoc(example) or ""), class_name="mt-1 text-sm text-muted"),
        rx.el.div(
            seen,
            class_name="mt-3 flex flex-col gap-4 rounded-t-card border border-line bg-canvas p-4 text-sm sm:p-6",
            custom_attrs={"data-example": anchor},
        ),
        _code(*snippet(example), name=_title(example)),
        id=rx.Var.create(anchor),
        class_name="mt-2 scroll-mt-6",
    )


def _state() -> rx.Component:
    """The state behind every interactive example."""
    return rx.fragment(
        Anchored.create(
            rx.el.h2("The state of these examples", class_name="pt-6 text-xl font-semibold"),
            rx.el.p(
                *_prose(
                    "`netim_app/pages/kit/state.py`. Every handler can be called by anybody who opens the socket: "
                    "without the mark `open_to` it is refused, and what it is given may be anything."
                ),
                class_name="mt-1 mb-3 text-sm text-muted",
            ),
            _code("", inspect.getsource(KitState).rstrip(), name="The state of these examples"),
            id=rx.Var.create("state"),
            class_name="scroll-mt-6",
        ),
    )


def _prose(text: str) -> list[rx.Component | str]:
    """Text between backticks is code."""
    parts = " ".join(text.split()).split("`")
    return [rx.el.code(part, class_name="text-ink") if n % 2 else part for n, part in enumerate(parts)]


def _code(imports: str, body: str, *, name: str) -> rx.Component:
    """Long lines wrap instead of scrolling: they are readable on a phone, and the Tab key does not stop there."""
    return rx.el.div(
        rx.el.pre(
            *([rx.el.code(imports, class_name="text-muted"), "\n\n"] if imports else []),
            rx.el.code(body),
            class_name="min-w-0 flex-1 text-xs break-words whitespace-pre-wrap",
        ),
        copy_button(
            rx.Var.create(f"{imports}\n\n{body}".lstrip()), label=rx.Var.create("Copy"), done=rx.Var.create("Copied")
        ),
        role="group",
        aria_label=f"Code: {name}",
        class_name="flex flex-col gap-4 rounded-b-card border border-t-0 border-line bg-surface p-4 sm:flex-row "
        "sm:items-start sm:p-6",
    )

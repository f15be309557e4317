"""The private parts of Reflex that our pages need. As in test_contract.py, one test per name."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import reflex as rx
from reflex_base.environment import environment
from reflex_base.plugins.base import PreCompileContext
from reflex_base.plugins.tailwind_v4 import compile_root_style

from netim_app.reflex_port import built_pages
from netim_app.reflex_port.components import ERROR_BOUNDARY, error_boundary, page_link
from netim_app.reflex_port.stylesheets import TAILWIND, append_to_tailwind
from reflex_guard.connection import connection_notice
from reflex_guard.ticket_form import HtmlForm


def test_error_boundary() -> None:
    (its_own,) = (field.default_factory for field in dataclasses.fields(rx.App) if field.name == "app_wraps")
    assert ERROR_BOUNDARY in its_own(), "the key under which Reflex has its own"
    markup = str(error_boundary(rx.el.p("It failed.")))
    assert 'jsx(ErrorBoundary,{fallbackRender:((event_args) => (jsx("p", ({}), "It failed."))),' in markup


def test_link_to_a_page() -> None:
    link = page_link("Security", to="/account/security", class_name="mine")
    assert str(link) == 'jsx(ReactRouterLink,{className:"mine",to:"/account/security"},"Security")'
    assert "@radix-ui/themes" not in link._get_all_imports()


def test_element() -> None:
    form = str(HtmlForm.create(custom_attrs={"method": "post"}))
    assert form == 'jsx("form",{method:"post"},)', "no handler of Reflex"


def test_connection_errors() -> None:
    notice = connection_notice(lost=rx.el.p("away"), back=rx.el.p("back"), unanswered=rx.el.p("no answer"))
    assert '(connectErrors.length >= 2) ? "block" : ' in str(notice)
    assert any("connectErrors = " in hook for hook in notice._get_all_hooks())


def test_add_modify_task() -> None:
    changes: dict[str, Callable[[str], str]] = {}
    append_to_tailwind({"add_modify_task": changes.__setitem__}, "a {}")
    assert "add_modify_task" in PreCompileContext.__annotations__
    path, _ = compile_root_style(include_radix_themes=False)
    assert changes[path]("@import tailwind;") == "@import tailwind;a {}"
    assert path == TAILWIND


def test_folder_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(built_pages.WEB_DIR, "elsewhere")
    assert built_pages.web_dir(Path("/project")) == Path("/project/elsewhere")
    monkeypatch.delenv(built_pages.WEB_DIR)
    assert built_pages.web_dir(Path("/project")) == Path("/project") / environment.REFLEX_WEB_WORKDIR.default

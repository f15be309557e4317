"""The pages as Reflex builds them, and what is written into them."""

from pathlib import Path

import pytest

from netim_app.build import web_dir
from netim_app.reflex_port.built_pages import (
    ADDRESSES,
    COMPRESSOR,
    UnknownPageError,
    connect_where_opened,
    inline_styles,
    write_twins,
)

SHEET = "/assets/__reflex_global_styles-AbCd1234.css"
PAGE = f'<head><link as="style" href="{SHEET}" rel="preload"/><link href="{SHEET}" rel="stylesheet" type="text/css"/>'


@pytest.fixture
def client(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / SHEET.removeprefix("/")).write_text(r"p{content:'\1'}")
    (tmp_path / "login").mkdir()
    for page in ("index.html", "login/index.html"):
        (tmp_path / page).write_text(PAGE)
    return tmp_path


def test_each_page_holds_its_style_and_fetches_none(client: Path) -> None:
    inline_styles(client)
    for page in ("index.html", "login/index.html"):
        assert (client / page).read_text() == (
            f'<head><link as="style" href="{SHEET}" rel="preload" media="not all"/>'
            rf"<style>p{{content:'\1'}}</style>"
            f'<link href="{SHEET}" rel="stylesheet" disabled="" type="text/css"/>'
        )


@pytest.mark.parametrize("page", ["", PAGE.replace("preload", "x"), PAGE.replace("stylesheet", "x"), PAGE * 2])
def test_a_page_of_another_form_ends_the_build(client: Path, page: str) -> None:
    (client / "index.html").write_text(page)
    with pytest.raises(UnknownPageError):
        inline_styles(client)


def test_each_page_has_a_twin_in_another_language(client: Path) -> None:
    for page in ("index.html", "login/index.html"):
        (client / page).write_text('<!DOCTYPE html><html lang="en"><p lang="en">x</p>')
    write_twins(client, "fr", "ltr")
    for page in ("index.fr.html", "login/index.fr.html"):
        assert (client / page).read_text() == '<!DOCTYPE html><html lang="fr" dir="ltr"><p lang="en">x</p>'

    (client / "index.html").write_text("<html>")
    with pytest.raises(UnknownPageError):
        write_twins(client, "fr", "ltr")


def test_a_page_opens_its_socket_where_it_was_opened(client: Path) -> None:
    script = client / "assets" / "reflex-env-AbCd1234.js"
    with pytest.raises(UnknownPageError, match="there is no"):
        connect_where_opened(client)
    script.write_text('var e={PING:`http://localhost:3000/ping`,EVENT:"wss://a.example/_event",TRANSPORT:`websocket`}')
    connect_where_opened(client)
    assert script.read_text() == (
        'var e={PING:location.origin.replace("http", "http") + "/ping",'
        'EVENT:location.origin.replace("http", "ws") + "/_event",TRANSPORT:`websocket`}'
    )
    with pytest.raises(UnknownPageError, match="holds no address"):
        connect_where_opened(client)


def test_reflex_env() -> None:
    (script,) = (web_dir() / "build" / "client" / "assets").glob(ADDRESSES)
    assert script.read_text().count("location.origin") == script.read_text().count("_event") + 5
    files = [path for path in (web_dir() / "build" / "client").rglob("*") if path.suffix in {".html", ".js", ".css"}]
    assert files
    assert not [path.name for path in files if "localhost:" in path.read_text("utf-8")], "no file names an address"


def test_compressor() -> None:
    assert (web_dir() / COMPRESSOR).is_file(), "the build compresses again what was changed"

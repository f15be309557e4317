"""The pages that Reflex has built: where they are, and what is changed in them before they are served."""

import re
import subprocess
from pathlib import Path

from reflex.utils import path_ops
from reflex_base.environment import environment

from netim_app.reflex_port.page_scripts import OWN_ADDRESS

WEB_DIR = environment.REFLEX_WEB_WORKDIR.name
"""The variable that names the folder in which Reflex builds."""
COMPRESSOR = "compress-static.js"
FORMATS = ("brotli", "gzip")
ADDRESSES = "reflex-env-*.js"
"""The one script that holds the address of the server."""
_ADDRESS = re.compile(r'([`"\'])(http|ws)s?://[^/`"\']+(/[^`"\']*)\1')
_PRELOAD = re.compile(r'<link as="style" href="[^"]+" rel="preload"')
_SHEET = re.compile(r'<link href="(/assets/[^"]+\.css)" rel="stylesheet"')


class UnknownPageError(RuntimeError):
    """A built page does not have the expected format. The text is for the developer."""


def web_dir(project: Path) -> Path:
    """The folder in which Reflex builds: the one that the environment names, or the default in the project."""
    return project / environment.REFLEX_WEB_WORKDIR.get()


def connect_where_opened(client: Path) -> None:
    """Makes each page open its socket at the page's own address: one build serves any address.

    The server accepts only pages of its own address, whatever a page does.
    """
    for script in client.glob(f"assets/{ADDRESSES}"):
        source, count = _ADDRESS.subn(_own_address, script.read_text("utf-8"))
        if not count:
            raise UnknownPageError(f"{script} holds no address")
        script.write_text(source, "utf-8")
        return
    raise UnknownPageError(f"there is no {ADDRESSES}")


def _own_address(address: re.Match[str]) -> str:
    _, scheme, path = address.groups()
    return OWN_ADDRESS.format(scheme=scheme, path=path)


def inline_styles(client: Path) -> None:
    """Inlines the style sheet into each page: its first paint waits for one response instead of two.

    The links stay, without effect: React looks for them, and would add them if they were missing.

    Args:
        client: the folder of the built pages.
    """
    for page in client.rglob("*.html"):
        html, preloads = _PRELOAD.subn(r'\g<0> media="not all"', page.read_text("utf-8"))
        html, sheets = _SHEET.subn(lambda link: f'{_style(client, link[1])}{link[0]} disabled=""', html)
        if (preloads, sheets) != (1, 1):
            raise UnknownPageError(
                f"{page}: {preloads} preloads and {sheets} style sheets, where one of each was expected"
            )
        page.write_text(html, "utf-8")


def twin(language: str) -> str:
    """The name of the file that holds a page in this language."""
    return f"index.{language}.html"


def write_twins(client: Path, language: str, direction: str) -> None:
    """Writes a twin of each page that is in another language from its first byte.

    Args:
        client: the folder of the built pages.
        language: of the twins.
        direction: of the language, `ltr` or `rtl`.
    """
    for page in client.rglob("index.html"):
        html, count = re.subn(
            '<html lang="[a-z]+"', f'<html lang="{language}" dir="{direction}"', page.read_text("utf-8")
        )
        if count != 1:
            raise UnknownPageError(f"{page} says {count} times in which language it is")
        page.with_name(twin(language)).write_text(html, "utf-8")


def _style(client: Path, href: str) -> str:
    return f"<style>{(client / href.removeprefix('/')).read_text('utf-8')}</style>"


def compress(client: Path, environment: dict[str, str]) -> None:
    """Writes the compressed twin of each file, with Reflex's own script.

    Raises:
        subprocess.CalledProcessError: the script failed.
    """
    web = client.parent.parent
    command = [path_ops.get_node_path() or "node", web / COMPRESSOR, client, *FORMATS]
    subprocess.run(command, cwd=web, env=environment, check=True)  # noqa: S603  fixed arguments

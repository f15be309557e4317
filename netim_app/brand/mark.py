"""The mark of a brand: flat shapes from an SVG file, drawn in pages, icons and pictures.

Pages inline it, so only shapes are read: no script, style, link or external file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from netim_app.brand import colours

SHAPES = ("svg", "g", "path", "rect", "circle", "ellipse", "line", "polygon")
_NAMESPACE = "http://www.w3.org/2000/svg"
_UNSEEN = ("title", "desc", "metadata", "defs")
"""Ignored elements, which drawing programs write."""
_ATTRIBUTES = frozenset(
    {
        *("d", "x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2", "points", "transform"),
        *("fill", "fill-rule", "fill-opacity", "clip-rule", "opacity"),
        *("stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity"),
    }
)
_COLOUR = re.compile(r"var\(--color-([a-z-]+)\)")
_VALUE = re.compile(r"[\w\s.,#%()+-]*", re.ASCII)
_BOX = re.compile(r"-?[\d.]+( -?[\d.]+){3}")
MAX_BYTES = 20_000
"""The limit for the file, because each page contains the mark."""


@dataclass(frozen=True)
class Shape:
    """A drawn element with its children."""

    tag: str
    attributes: Mapping[str, str]
    parts: tuple["Shape", ...] = ()


@dataclass(frozen=True)
class Mark:
    """The shapes of the file. `box` is its viewBox."""

    box: str
    parts: tuple[Shape, ...]

    def as_svg(self, palette: Mapping[str, str]) -> str:
        """Returns a stand-alone SVG file in the colours of one theme."""
        drawn = "".join(_written(part, palette) for part in self.parts)
        return f'<svg xmlns="{_NAMESPACE}" viewBox="{self.box}">{drawn}</svg>'


def _written(shape: Shape, palette: Mapping[str, str]) -> str:
    attributes = "".join(
        f" {name}={quoteattr(_COLOUR.sub(lambda found: palette[found[1]], value))}"
        for name, value in shape.attributes.items()
    )
    return f"<{shape.tag}{attributes}>{''.join(_written(part, palette) for part in shape.parts)}</{shape.tag}>"


def read_mark(text: bytes) -> Mark:
    """Reads an SVG file.

    Raises:
        ValueError: it is not an SVG file, or contains something other than flat shapes.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(f"has {len(text)} bytes; at most {MAX_BYTES}, because each page contains it")
    try:
        root = ET.fromstring(text)  # noqa: S314  a file of the operator's own
    except ET.ParseError as error:
        raise ValueError(f"is no SVG file: {error}") from None
    box = root.get("viewBox", "")
    if _tag(root) != "svg" or not _BOX.fullmatch(box):
        raise ValueError('must begin with <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">')
    return Mark(box, _parts(root))


def _tag(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{_NAMESPACE}}}")


def _parts(parent: ET.Element) -> tuple[Shape, ...]:
    return tuple(_shape(element) for element in parent if _tag(element) not in _UNSEEN)


def _shape(element: ET.Element) -> Shape:
    tag = _tag(element)
    if tag not in SHAPES[1:]:
        raise ValueError(f"holds <{tag}>; only {', '.join(SHAPES[1:])} can be drawn")
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES:
            _check(name, value)
        elif not name.startswith("{") and name not in ("id", "class", "data-name"):
            raise ValueError(f"<{tag}> has {name}, which is not known here")
    known = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    return Shape(tag, known, _parts(element))


def _check(name: str, value: str) -> None:
    unknown = {found for found in _COLOUR.findall(value) if found not in colours.NAMES}
    if unknown or not _VALUE.fullmatch(value) or "url(" in value:
        raise ValueError(f'{name}="{value}" is not understood: a colour is #rrggbb or var(--color-accent), no gradient')

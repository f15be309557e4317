"""The colours of both themes, and the pairs that meet. A brand provides its accent, and may replace the others."""

from collections.abc import Iterator, Mapping

ACCENT = ("accent", "accent-strong", "on-accent", "accent-soft")
"""The colours that every brand must define: links and buttons, the same on hover, text on them, and a tint."""
LIGHT = {
    "canvas": "#f5f6f8",
    "surface": "#ffffff",
    "sunken": "#eef0f4",
    "line": "#dce0e7",
    "edge": "#7d8795",
    "ink": "#151a22",
    "muted": "#55606f",
    "success": "#18734a",
    "success-soft": "#e6f4ec",
    "warning": "#855400",
    "warning-soft": "#fcf2dc",
    "danger": "#b3261e",
    "danger-strong": "#8f1d17",
    "on-danger": "#ffffff",
    "danger-soft": "#fcebea",
    "level-weak": "#b3261e",
    "level-fair": "#855400",
    "level-good": "#5f6a00",
    "level-strong": "#18734a",
}
DARK = {
    "canvas": "#0d1015",
    "surface": "#161a21",
    "sunken": "#20262f",
    "line": "#2c333e",
    "edge": "#747f8f",
    "ink": "#e9ecf1",
    "muted": "#a5afbd",
    "success": "#62cf93",
    "success-soft": "#12291d",
    "warning": "#e5b552",
    "warning-soft": "#2c2312",
    "danger": "#ff9089",
    "danger-strong": "#ffb1ac",
    "on-danger": "#2b0a08",
    "danger-soft": "#351a18",
    "level-weak": "#ff9089",
    "level-fair": "#e5b552",
    "level-good": "#c3cf5a",
    "level-strong": "#62cf93",
}
NAMES = frozenset((*ACCENT, *LIGHT))

TEXT, SHAPE = 4.5, 3.0
"""The minimum contrast of text, and of the outlines of controls (WCAG 2.2 AA, 1.4.3 and 1.4.11)."""
_GROUNDS = ("canvas", "surface", "sunken")
_TONES = ("accent", "success", "warning", "danger")
PAIRS = (
    *((ink, ground, TEXT) for ink in ("ink", "muted", "accent", "danger") for ground in _GROUNDS),
    *((tone, f"{tone}-soft", TEXT) for tone in _TONES),
    *(("ink", f"{tone}-soft", TEXT) for tone in _TONES),
    *((tone, "surface", TEXT) for tone in ("success", "warning")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-strong")),
    *(("on-danger", ground, TEXT) for ground in ("danger", "danger-strong")),
    *(("edge", ground, SHAPE) for ground in ("canvas", "surface")),
    ("surface", "edge", SHAPE),  # the thumb of a switched-off switch
)
"""(foreground, background, minimum contrast) of the colours that meet on pages."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 to 21 (WCAG 2.2, relative luminance)."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]  # noqa: PLR2004  WCAG's
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def unreadable(colours: Mapping[str, str]) -> Iterator[str]:
    """One line for each pair of a theme's colours with too little contrast."""
    for front, back, least in PAIRS:
        found = contrast(colours[front], colours[back])
        if found < least:
            yield (
                f"{front} {colours[front]} on {back} {colours[back]} has a contrast of {found:.2f}, "
                f"at least {least} is needed (WCAG AA)"
            )

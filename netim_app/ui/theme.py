"""The design tokens: colours of both themes, type, shape, shadow and motion.

Tailwind turns every token into utility classes (`bg-surface`, `text-muted`, `rounded-card`, `shadow-overlay`). The two
themes differ only in colour values, so no component uses `dark:`.
"""

from typing import Any

from reflex.plugins import TailwindV4Plugin

from netim_app.brand.brand import get_brand
from netim_app.reflex_port.stylesheets import append_to_tailwind

LIGHT, DARK = get_brand().light, get_brand().dark
SHAPES = {
    "font-sans": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
    "font-mono": 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
    "spacing": "0.25rem",
    "radius-control": "0.5rem",
    "radius-card": "1rem",
    "shadow-card": "0 1px 2px rgb(16 24 40 / 5%)",
    "shadow-overlay": "0 16px 48px -12px rgb(8 12 20 / 35%), 0 2px 8px rgb(8 12 20 / 12%)",
    "container-column": "56rem",
    "container-wide": "75rem",
    "container-panel": "28rem",
}
TYPE = {
    "xs": (13, 20),
    "sm": (15, 23),
    "base": (16, 24),
    "lg": (18, 25),
    "xl": (22, 29),
    "2xl": (28, 34),
    "4xl": (44, 48),
}
"""Font size and line height, in pixels at the browser's default text size: notes, texts, fields, titles of cards,
titles of panels and dialogs, the heading of a page, the figure in the gauge. There are no others."""
MOTION = {
    "ease-settle": "cubic-bezier(0.2, 0, 0, 1)",
    "default-transition-duration": "150ms",
    "default-transition-timing-function": "var(--ease-settle)",
    "animate-fill": "fill 800ms var(--ease-settle)",
    "animate-appear": "appear 160ms var(--ease-settle)",
    "animate-reached": "reached 2400ms ease-out",
}

FOCUS = "focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-accent"
"""The focus ring of every control."""

_BASE = """
@layer base {
  html { background: var(--color-canvas); color: var(--color-ink); scrollbar-gutter: stable; }
  body { min-height: 100dvh; background: var(--color-canvas); line-height: 1.5; -webkit-font-smoothing: antialiased; }
  /* The backdrop leaves out the gutter of the scrollbar: there, the root is seen, and it is as dark. */
  html:has(dialog[open]) { overflow: hidden; background: color-mix(in srgb, var(--color-canvas) 45%, #080c14); }
  p, li { text-wrap: pretty; }
  p, li, h1, h2, h3 { overflow-wrap: anywhere; }
  button, select, summary { cursor: pointer; }
  button[aria-disabled="true"] { cursor: default; }
  ::placeholder { color: var(--color-muted); opacity: 1; }
  [hidden] { display: none !important; }
  /* Goes a while after it was hidden, so that it can be read. That is no motion. */
  .linger { transition: display 5s allow-discrete; }
  /* Goes by itself, but can be read as long as the pointer or the focus is on it. That is no motion either. */
  .leaves { animation: leave 6s forwards; }
  /* Waits in its delay, in which a browser draws nothing. */
  .renews { animation: leave 1ms 240s; }
  .leaves:hover, .leaves:focus-within { animation-play-state: paused; }
  .leaves > * { animation: none !important; transition: opacity 160ms; @starting-style { opacity: 0; } }
  html:has([role="status"] > [data-notice]) { scroll-padding-bottom: 8rem; }
  @media print {
    /* Black on white in every theme; important, as classes would win over this layer otherwise. */
    :root:has(.print-sheet), :root:has(.print-sheet) body { color-scheme: light; background: #fff !important;
      overflow: visible; scrollbar-gutter: auto; }
    /* Only the sheet, what it holds and what holds it. */
    :root:has(.print-sheet) body :not(:has(.print-sheet), .print-sheet, .print-sheet *) { display: none !important; }
    .print-sheet, .print-sheet * { color: #000 !important; border-color: #000 !important; }
    body :has(.print-sheet) { display: block !important; position: static !important; margin: 0 !important;
      padding: 0 !important; width: auto !important; max-width: none !important; max-height: none !important;
      overflow: visible !important; border: 0 !important; box-shadow: none !important; background: #fff !important;
      animation: none !important; }
    @page { margin: 20mm; }
    dialog:has(.print-sheet)::backdrop { display: none; }
  }
  @media (prefers-reduced-motion: reduce) {
    /* None, and not a short one: a short transition of everything would run from parent to child, frame by frame. */
    :not(.linger, .leaves, .renews), ::before, ::after { transition: none !important; animation: none !important;
      scroll-behavior: auto !important; }
  }
}
"""


def stylesheet() -> str:
    """The tokens as Tailwind v4 source, and the few rules for elements instead of components."""
    theme = "".join(f"  --color-{name}: {value};\n" for name, value in LIGHT.items())
    theme += "".join(f"  --{name}: {value};\n" for name, value in (SHAPES | MOTION).items())
    theme += "".join(
        f"  --text-{name}: {size / 16}rem;\n  --text-{name}--line-height: {height / size:.3f};\n"
        for name, (size, height) in TYPE.items()
    )
    dark = " ".join(f"--color-{name}: {value};" for name, value in DARK.items())
    return (
        # `static`: the dark values below override variables, so all variables must exist.
        "@theme static {\n  --color-*: initial;\n  --text-*: initial;\n  --radius-*: initial;\n"
        f"  --shadow-*: initial;\n  --color-transparent: transparent;\n{theme}"
        "  @keyframes appear { from { opacity: 0; transform: translateY(4px); } }\n"
        "  @keyframes reached { 0%, 60% { outline-color: var(--color-accent); } }\n"
        "  @keyframes leave { 0%, 97% { opacity: 1; } to { opacity: 0; visibility: hidden; } }\n"
        "  @keyframes fill { from { stroke-dashoffset: 100; } }\n}\n"
        # `phone` is a handheld device, or a window as narrow; `desk` is the opposite.
        "@custom-variant phone { @media (pointer: coarse), (width < 40rem) { @slot; } }\n"
        "@custom-variant desk { @media (not (pointer: coarse)) and (width >= 40rem) { @slot; } }\n"
        f"@layer theme {{\n  :root {{ color-scheme: light dark; }}\n"
        # Reflex puts the chosen theme as a class on <html>; until then the system decides.
        f"  @media (prefers-color-scheme: dark) {{ :root:not(.light) {{ {dark} }} }}\n"
        f"  :root.dark {{ {dark} }}\n}}\n{_BASE}"
    )


class ThemePlugin(TailwindV4Plugin):
    """Tailwind with our tokens in place of its palette, and without its typography plugin."""

    def __init__(self) -> None:
        super().__init__(config={"plugins": []})

    def pre_compile(self, **context: Any) -> None:
        """Appends the tokens to Tailwind's root style. Called by Reflex once per build."""
        super().pre_compile(**context)
        append_to_tailwind(context, stylesheet())

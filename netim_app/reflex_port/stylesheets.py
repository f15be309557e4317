"""The style sheet that Reflex writes before Tailwind reads it."""

from typing import Any

TAILWIND = "styles/tailwind.css"
"""The source of Tailwind, below the folder in which Reflex builds."""


def append_to_tailwind(context: dict[str, Any], css: str) -> None:
    """Appends to the source of Tailwind. For `pre_compile` of a plugin, which gets the context from Reflex."""
    context["add_modify_task"](TAILWIND, lambda written: written + css)

"""Vars that exist only in the page. No state holds them, and no event is sent when they change."""

from typing import Any

import reflex as rx
from reflex.experimental.client_state import ClientStateVar
from reflex.vars import VarData
from reflex_base.constants import MemoizationMode

COMPILED_TOGETHER = MemoizationMode(recursive=False)
"""For the `_memoization_mode` of a component: its children are compiled with it and share its client vars."""


def client_var(name: str, default: bool | str) -> ClientStateVar:
    """A var of the `netim_app.ui.parts.ClientScope` around it: `value` reads it, `set_value` is a handler that sets it.

    Args:
        name: in camel case, and unique in its scope.
    """
    return ClientStateVar.create(name, default=default, global_ref=False)


def location_hash() -> rx.Var[str]:
    """The part of the page's URL that begins with `#`, or an empty string. It follows each navigation."""
    data: Any = VarData(hooks={"const { hash } = useLocation()": None}, imports={"react-router": ["useLocation"]})
    return rx.Var("hash", _var_data=data).to(str)

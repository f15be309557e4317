"""JavaScript expressions as vars."""

from typing import Any

import reflex as rx
from reflex.vars import VarData


def expression(js: str, *vars_in_it: rx.Var[Any]) -> rx.Var[Any]:
    """A JavaScript expression as a var, with the imports and hooks of the vars that it contains."""
    data = VarData.merge(*(var._get_all_var_data() for var in vars_in_it))
    return rx.Var(js, _var_data=data)

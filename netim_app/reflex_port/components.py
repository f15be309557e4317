"""Components of Reflex that `rx` does not offer."""

from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.react_router.dom import ReactRouterLink

ERROR_BOUNDARY = (55, "ErrorBoundary")
"""Place and name of the error boundary among the wrappers of an app. Under this key, ours replaces that of Reflex."""


def error_boundary(crash: rx.Component) -> rx.Component:
    """Shows `crash` in place of a page whose code fails in the browser. Reflex makes it a function of the error."""
    created: rx.Component = ErrorBoundary.create(fallback_render=rx.Var.create(crash))
    return created


def page_link(*children: Any, to: str, **props: Any) -> rx.Component:
    """A link to a page of the app, without a reload of the document and without the style of `rx.link`."""
    created: rx.Component = ReactRouterLink.create(*children, to=to, **props)
    return created

"""Remarks about a rule, or about the whole list."""

from typing import Any

import reflex as rx

from netim_app.ui.notice import notice
from netim_app.ui.text import tr


def remark(rule: Any, *, class_name: str) -> rx.Component:
    """Says that no internet connection comes from such addresses; otherwise nothing."""
    return rx.match(
        rule.remark,
        ("private", rx.el.p(tr("ip_restriction.remark.private"), class_name=class_name)),
        ("reserved", rx.el.p(tr("ip_restriction.remark.reserved"), class_name=class_name)),
        rx.fragment(),
    )


def family_missing(family: rx.Var[int]) -> rx.Component:
    """Says that the list lacks a family; nothing for 0. Every connection may need IPv4, but not every one has IPv6."""
    return rx.match(
        family,
        (4, notice("warning", tr("ip_restriction.missing.4"), test_id="ip-family")),
        (6, notice("info", tr("ip_restriction.missing.6"), test_id="ip-family")),
        rx.fragment(),
    )

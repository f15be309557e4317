"""The metrics, the dashboard and the alerts of docs/operating.md are those of the product."""

import json
import re

import yaml

from tests.house.modules import PACKAGE, ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
SOURCE = (PACKAGE / "telemetry.py").read_text("utf-8")
METRICS = set(re.findall(r'(?:create_counter|gauge)\(\s*"(netim[\w.]+)"', SOURCE))
PANELS = json.loads((ROOT / "deploy" / "dashboard.json").read_text("utf-8"))["panels"]
RULES = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]


def prometheus(metric: str) -> str:
    """The name that a metric has in Prometheus: with its unit, and `_total` when it counts."""
    name = metric.replace(".", "_")
    if f'create_counter("{metric}"' in SOURCE:
        return f"{name}_total"
    return f"{name}_seconds" if metric.endswith(".age") else name


def names_in(expressions: list[str]) -> set[str]:
    return {name for text in expressions for name in re.findall(r"\bnetim_\w+", text)}


def test_each_metric_is_documented() -> None:
    assert len(METRICS) == 11
    assert set(re.findall(r"`(netim\.[\w.]+)`", OPERATING)) == METRICS


def test_the_dashboard_and_the_alerts_ask_for_what_there_is() -> None:
    there = {prometheus(metric) for metric in METRICS}
    assert names_in([target["expr"] for panel in PANELS for target in panel["targets"]]) == there
    assert names_in([rule["expr"] for rule in RULES]) <= there


def test_each_alert_says_what_to_do() -> None:
    assert len(RULES) == 8
    table = OPERATING.partition("| alert | do |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [rule["alert"] for rule in RULES]

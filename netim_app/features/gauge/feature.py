"""The security gauge: how well the account is protected, and what would make it safer."""

from netim_app.feature import Feature, Refresher
from netim_app.features.gauge.service import facts_of_protections, read_gauge
from netim_app.features.gauge.state import show_gauge

GAUGE = Feature(
    name="gauge",
    refresher=Refresher(changed_by=facts_of_protections, load=read_gauge, show=show_gauge),
)

from netim_app.features.gauge.rules import THRESHOLDS
from tests.kit.reviewed import Reviewed

REVIEWED = Reviewed(texts={"gauge.level.*": [level for _, level in THRESHOLDS]})

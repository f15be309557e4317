"""Another brand than ours, complete: tests build, run and look at it."""

import re
from pathlib import Path

SECOND_BRAND = Path(__file__).parent / "second_brand"
OURS = re.compile(r"netim", re.IGNORECASE)
"""Our name, which nobody may see there."""

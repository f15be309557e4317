"""Locates the product's files that are not Python: migrations, locks, assets, the built pages."""

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLED = Path("share") / "netim-app"
"""Where a wheel installs them, below the virtual environment."""
ROOT = _CHECKOUT if (_CHECKOUT / "rxconfig.py").is_file() else Path(sys.prefix) / INSTALLED
"""The checkout, or the folder that the wheel has installed."""

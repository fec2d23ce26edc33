"""Makes the plug-in's modules importable, as GIMP does, as far as they need no GIMP."""

from __future__ import annotations

import sys
from pathlib import Path

PLUG_IN = Path(__file__).parents[2] / "gimp_plugin"

if str(PLUG_IN) not in sys.path:
    sys.path.insert(0, str(PLUG_IN))

"""The GIMP plug-in. It runs in GIMP's Python and uses the standard library and gi alone."""

from pathlib import Path

# As it was installed: what comes with it beside its code lies here.
PLUG_IN_FOLDER = Path(__file__).resolve().parent.parent

"""Settings for users of the library: the same ones that the command line and the dialog offer."""

from nst_contract.settings import PRESETS, SPECS, Settings

__all__ = ["PRESETS", "SPECS", "Settings"]

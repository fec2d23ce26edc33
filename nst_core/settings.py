"""Settings for users of the library, as the command line and the dialog have them."""

from nst_contract.settings import PRESETS, SPECS, Settings

__all__ = ["PRESETS", "SPECS", "Settings"]

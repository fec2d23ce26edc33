"""What only the installer needs to know of each system; chosen here and nowhere else.

``posix`` (Linux and macOS) and ``windows`` have the same functions. What plug-in and engine need
to know as well is in :mod:`nst_contract.platforms`.
"""

import sys

if sys.platform == "win32":
    from nst_install.systems import windows as system
else:
    from nst_install.systems import posix as system

__all__ = ["system"]

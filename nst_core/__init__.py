"""Neural style transfer: the engine, as a library, a command line and a worker process.

Only the entry points live in this folder: :func:`nst_core.stylize.stylize`,
:mod:`nst_core.images` and :mod:`nst_core.settings` for users of the library, :mod:`nst_core.cli`
for the command line. The packages do the work, and each says what belongs in it.
"""

from nst_contract import __version__
from nst_contract.platforms import processes

__all__ = ["__version__"]

# Before anything imports torch.
processes.use_bundled_libraries()

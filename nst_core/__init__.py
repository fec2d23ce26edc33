"""Neural style transfer: the engine, as a library, a command line and a worker process.

This folder holds the faces only. :func:`nst_core.stylize.stylize`, :mod:`nst_core.images` and
:mod:`nst_core.settings` are the library's, :mod:`nst_core.cli` is the command line's; how it is
done stands in the packages, each of which says what belongs in it.
"""

from nst_contract import __version__

__all__ = ["__version__"]

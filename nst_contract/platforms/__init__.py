"""What differs between systems: a module for each difference, chosen here and nowhere else.

``posix`` (Linux and macOS) and ``windows`` have the same modules, with the same functions:

``files``      opening, replacing and removing files that others may have open
``folders``    where the engine, its logs and the jobs' pixels lie
``installer``  the installer, as people call it
``locks``      files and folders that one process at a time works with
``machine``    memory, priority, and who runs this
``pipes``      reading from the other side while libraries load, and noticing that it is gone
``processes``  starting the engine, and saying how it ended
``signals``    how a process is told to end

Whoever needs one imports it from here. The standard library only, like all of ``nst_contract``.
"""

import sys

if sys.platform == "win32":
    from nst_contract.platforms.windows import (
        files,
        folders,
        installer,
        locks,
        machine,
        pipes,
        processes,
        signals,
    )
else:
    from nst_contract.platforms.posix import (
        files,
        folders,
        installer,
        locks,
        machine,
        pipes,
        processes,
        signals,
    )

__all__ = ["files", "folders", "installer", "locks", "machine", "pipes", "processes", "signals"]

"""The way in: reads the command line, calls the right module, and explains every error."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from nst_contract.errors import BAD_SETTING, DISK, NstError
from nst_contract.platforms import files, installer, signals
from nst_install import demo, install, notebook, testing, uninstall, windows_tests
from nst_install.console import complain
from nst_install.options import Options, read_options

_ACTIONS: dict[str, Callable[[Options], int]] = {
    "install": install.run,
    "uninstall": uninstall.run,
    "check": install.check,
    "demo": demo.run,
    "notebook": notebook.run,
    "test": testing.run,
    "prepare-tests": testing.prepare,
    "test-windows": windows_tests.run,
}


def main() -> int:
    """Returns the exit code: 0, 1 for a failure, 2 for a wrong option, 130 for Ctrl+C."""
    # Killing the installer or closing its terminal ends it as tidily as Ctrl+C.
    for number in signals.ENDING:
        signal.signal(number, signal.default_int_handler)
    try:
        options = read_options(sys.argv[1:], Path.home(), os.environ)
        return _ACTIONS[options.action](options)
    except NstError as error:
        complain(error)
        return 2 if error.code == BAD_SETTING else 1
    except OSError as error:
        complain(_from_system(error))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped. Run {installer.SCRIPT} again to finish the installation.\n")
        return 130


def _from_system(error: OSError) -> NstError:
    where = f" ({error.filename})" if error.filename else ""
    if files.is_in_use(error):
        return NstError(
            DISK,
            f"Another program has a file of Neural Style open{where}.",
            f"Close GIMP and every window that runs nst, then run {installer.SCRIPT} again.",
        )
    return NstError(
        DISK,
        f"{error.strerror or error}{where}.",
        "Check that the folder belongs to you and that the disk is not full, then try again.",
    )


if __name__ == "__main__":
    sys.exit(main())

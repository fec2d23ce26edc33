"""``python -m nst_core`` is ``nst``."""

import gc
import signal
import sys

# Until the command watches for it, Ctrl+C ends the process without a traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> int:
    """Runs ``nst`` and returns its exit code."""
    from nst_core.cli import main

    try:
        return main()
    finally:
        # The process is about to end. Python would look for garbage among all of torch's objects
        # first, which takes a third of a second.
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())

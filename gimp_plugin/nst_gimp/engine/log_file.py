"""The plug-in's log. Standard library only."""

from __future__ import annotations

import logging
import logging.handlers

from nst_contract.platforms import files
from nst_contract.printable import PrintableFormatter
from nst_gimp.engine import install_info

# A file is put aside when it is this large, and two such are kept.
_BYTES = 1_000_000
_KEPT = 2


def start() -> None:
    """Lets everything be logged to a file, or to nowhere if it cannot be written."""
    path = install_info.log_file()
    handler: logging.Handler
    try:
        files.make_private_folder(path.parent)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8",
            errors="backslashreplace",  # files may have names that are no text
        )  # fmt: skip
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(PrintableFormatter())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)

"""Registers the procedures with GIMP, and turns errors into what GIMP shows its users."""

from __future__ import annotations

import logging
import logging.handlers
from typing import Any

from gi.repository import Gimp, GLib, GObject

from nst_core.errors import BAD_INPUT, BAD_SETTING, Cancelled, explain
from nst_gimp import arguments, install_info
from nst_gimp.procedure import transfer

_log = logging.getLogger(__name__)

TRANSFER = "plug-in-neural-style-transfer"


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc]
    """The plug-in as GIMP sees it."""

    def do_set_i18n(self, _name: str) -> bool:
        return False

    def do_query_procedures(self) -> list[str]:
        return [TRANSFER]

    def do_create_procedure(self, name: str) -> Any:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run, None)
        # Any image: a greyed menu entry explains nothing, the error for an indexed one does.
        procedure.set_image_types("*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_menu_label("_Neural Style...")
        procedure.add_menu_path("<Image>/Filters/Artistic")
        procedure.set_documentation(
            "Neural Style Transfer",
            "Paints the layer in the style of another layer or of a picture file, and puts the "
            "result into a new layer above it. After Gatys, Ecker and Bethge (CVPR 2016).",
            name,
        )
        procedure.set_attribution("Neural Style for GIMP", "Neural Style for GIMP, MIT", "2026")
        arguments.add(procedure)
        return procedure


def _run(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, _data: Any
) -> Any:
    _start_log()
    try:
        layer = transfer(procedure, run_mode, image, drawables, config)
    except Cancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except Exception as error:
        # An exception that GIMP sees shows the user nothing at all.
        _log.exception("the run failed")
        failure = explain(error, install_info.log_file())
        callers_fault = failure.code in (BAD_INPUT, BAD_SETTING)
        kinds = Gimp.PDBStatusType
        status = kinds.CALLING_ERROR if callers_fault else kinds.EXECUTION_ERROR
        text = GLib.Error(f"{failure.message}\n{failure.advice}")
        return procedure.new_return_values(status, text)
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(Gimp.Layer, layer))
    return values


def _start_log() -> None:
    path = install_info.log_file()
    handler: logging.Handler
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=1_000_000, backupCount=2, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    logging.basicConfig(
        handlers=[handler],
        level=logging.INFO,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
        force=True,
    )

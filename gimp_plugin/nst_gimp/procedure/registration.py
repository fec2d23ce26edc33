"""Registers the procedures with GIMP, and turns errors into what GIMP shows its users."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gi.repository import Gimp, GLib, GObject

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, BAD_SETTING, Cancelled, NstError, explain
from nst_gimp.arguments import procedure_arguments
from nst_gimp.engine import advice, install_info, log_file
from nst_gimp.engine.again import GO_ON, IN_NORMAL, VARIANT
from nst_gimp.engine.doctor import DoctorRun
from nst_gimp.procedure.transfer import paint_again, transfer, windows_are_possible
from nst_gimp.text.i18n import _

_log = logging.getLogger(__name__)

TRANSFER = "plug-in-neural-style-transfer"
CHECK = "plug-in-neural-style-check"
_PREFIX = "plug-in-neural-style-"
# A greyed menu entry explains nothing, the error for several layers or none does.
_ALWAYS = (
    Gimp.ProcedureSensitivityMask.DRAWABLE
    | Gimp.ProcedureSensitivityMask.DRAWABLES
    | Gimp.ProcedureSensitivityMask.NO_DRAWABLES
)
# What paints a painted layer once more, by the procedure's name: its label, and what it does.
_AGAIN = {
    f"{_PREFIX}{IN_NORMAL}": (
        _("Again in _Normal"),
        _("Paints the original of a painted layer again, with the values of the preset Normal."),
    ),
    f"{_PREFIX}{VARIANT}": (
        _("Another _Variant"),
        _("Paints the original of a painted layer again, with other random numbers."),
    ),
    f"{_PREFIX}{GO_ON}": (
        _("_Go On"),
        _("Goes on from a painted layer, so that it comes closer to its style."),
    ),
}


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc]
    """The plug-in as GIMP sees it."""

    def do_set_i18n(self, _name: str) -> bool:
        return False  # nst_gimp.text.i18n does it

    def do_query_procedures(self) -> list[str]:
        return [TRANSFER, CHECK, *_AGAIN]

    def do_create_procedure(self, name: str) -> Any:
        if name in _AGAIN:
            return self._again(name)
        return self._transfer() if name == TRANSFER else self._check()

    def _transfer(self) -> Any:
        procedure = Gimp.ImageProcedure.new(self, TRANSFER, Gimp.PDBProcType.PLUGIN, _run, None)
        # Any image: the error for an indexed one explains itself as well.
        procedure.set_image_types("*")
        procedure.set_sensitivity_mask(_ALWAYS)
        procedure.set_menu_label(_("_Neural Style..."))
        procedure.set_documentation(
            _("Neural Style Transfer"),
            _(
                "Paints the layer in the style of another layer, a picture file or a built-in "
                "style, and puts the result into a new layer above it. After Kolkin et al. (2022), "
                "and Gatys, Ecker and Bethge (CVPR 2016)."
            ),
            TRANSFER,
        )
        procedure_arguments.add(procedure)
        return _placed(procedure)

    def _again(self, name: str) -> Any:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run_again, None)
        procedure.set_image_types("*")
        procedure.set_sensitivity_mask(_ALWAYS)
        label, text = _AGAIN[name]
        procedure.set_menu_label(label)
        procedure.set_documentation(text, text, name)
        procedure_arguments.add_result(procedure)
        return _placed(procedure, "/" + _("_Painted Layer"))

    def _check(self) -> Any:
        procedure = Gimp.Procedure.new(self, CHECK, Gimp.PDBProcType.PLUGIN, _run_check, None)
        procedure.set_menu_label(_("_Check Neural Style Installation..."))
        procedure.set_documentation(
            _("Check Neural Style Installation"),
            _("Checks the engine of Neural Style, and says what is wrong and how to fix it."),
            CHECK,
        )
        procedure_arguments.add_check(procedure)
        return _placed(procedure)


def _placed(procedure: Any, submenu: str = "") -> Any:
    procedure.add_menu_path(f"<Image>/Filters/Artistic{submenu}")
    procedure.set_attribution("Neural Style for GIMP", "Neural Style for GIMP, MIT", "2026")
    return procedure


def _run_again(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], _config: Any, _data: Any
) -> Any:
    kind = procedure.get_name().removeprefix(_PREFIX)

    def paint() -> Any:
        config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
        return paint_again(kind, run_mode, image, drawables, config)

    return _answer(procedure, run_mode, paint)


def _run(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, _data: Any
) -> Any:
    return _answer(
        procedure,
        run_mode,
        lambda: transfer(procedure, run_mode, image, drawables, config, _tell),
    )


def _answer(procedure: Any, run_mode: Any, paint: Callable[[], Any]) -> Any:
    """Returns what GIMP is told of a run: the new layer, or why there is none."""
    log_file.start()
    try:
        layer = paint()
    except Cancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except Exception as error:
        # An exception that GIMP sees shows the user nothing at all.
        return _failed(procedure, run_mode, _explained(error))
    return _returned(procedure, GObject.Value(Gimp.Layer, layer))


def _run_check(procedure: Any, config: Any, _data: Any) -> Any:
    log_file.start()
    run_mode = config.get_property("run-mode")
    about = f"Neural Style {__version__}, GIMP {Gimp.version()}"
    doctor_run = DoctorRun(about)
    try:
        if run_mode == Gimp.RunMode.INTERACTIVE and windows_are_possible():
            from nst_gimp.windows import check_window

            check_window.show(doctor_run)
        else:
            doctor_run.wait()
    finally:
        doctor_run.stop()
    return _returned(procedure, doctor_run.report or "", doctor_run.is_well)


def _explained(error: Exception) -> NstError:
    _log.error("the run failed", exc_info=error)
    return advice.for_gimp(explain(error, install_info.log_file()))


def _tell(error: Exception) -> None:
    from nst_gimp.windows import error_window

    error_window.show(_explained(error))


def _failed(procedure: Any, run_mode: Any, failure: NstError) -> Any:
    kinds = Gimp.PDBStatusType
    if run_mode != Gimp.RunMode.NONINTERACTIVE and windows_are_possible():
        from nst_gimp.windows import error_window

        error_window.show(failure)
        # With any other status GIMP would show a second window.
        return procedure.new_return_values(kinds.CANCEL, None)
    callers_fault = failure.code in (BAD_INPUT, BAD_SETTING)
    status = kinds.CALLING_ERROR if callers_fault else kinds.EXECUTION_ERROR
    text = GLib.Error(f"{failure.message}\n{failure.advice}")
    return procedure.new_return_values(status, text)


def _returned(procedure: Any, *results: Any) -> Any:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    for place, result in enumerate(results, start=1):
        values.remove(place)
        values.insert(place, result)
    return values

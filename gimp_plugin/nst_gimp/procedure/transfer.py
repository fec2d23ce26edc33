"""What happens when the procedure is called: content and style in, a new layer out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_contract.errors import BAD_INPUT, Cancelled, NstError
from nst_contract.protocol.requests import Request
from nst_gimp.arguments import (
    last_values,
    layer_records,
    past_results,
    procedure_arguments,
    suggestions,
)
from nst_gimp.arguments.layer_records import LayerRecord
from nst_gimp.engine import install_info, job_folder
from nst_gimp.engine.process import Engine
from nst_gimp.engine.run import EngineRun
from nst_gimp.image import (
    content_choice,
    layers,
    masks,
    placement,
    reorientation,
    strength_mask,
    style_pixels,
)
from nst_gimp.image.pixels import Area
from nst_gimp.image.reorientation import Look
from nst_gimp.text.i18n import _
from nst_gimp.text.messages import translated
from nst_gimp.windows import notice, status_bar
from nst_gimp.windows.notice import LONG_SECONDS

_PREVIEW_SECONDS = 1.0


def transfer(
    procedure: Any,
    run_mode: Any,
    image: Any,
    drawables: list[Any],
    config: Any,
    tell: Callable[[Exception], None],
) -> Any:
    """Paints the selected layer and inserts the result above it.

    Args:
        procedure, run_mode, image, drawables, config: as GIMP gives them.
        tell: shows what went wrong after a dialog, which then comes back as it was.

    Returns:
        The new layer.

    Raises:
        NstError: if it cannot be painted; the image is as it was.
        Cancelled: if the user changed their mind or closed the image.
    """
    if run_mode == Gimp.RunMode.INTERACTIVE and not windows_are_possible():
        run_mode = Gimp.RunMode.NONINTERACTIVE  # nobody can be asked
    selected = content_choice.content_layer(image, drawables)
    content = _original(run_mode, image, selected)
    in_windows = run_mode != Gimp.RunMode.NONINTERACTIVE and windows_are_possible()
    if run_mode == Gimp.RunMode.WITH_LAST_VALS:
        last_values.restore(config)
    if run_mode != Gimp.RunMode.INTERACTIVE:
        by_script = run_mode == Gimp.RunMode.NONINTERACTIVE
        values = procedure_arguments.values_for_script if by_script else procedure_arguments.values
        with _engine() as engine:
            keep = partial(last_values.keep, config)
            return _paint(engine, content, config, values(config), in_windows, keep)
    return _paint_what_is_asked_for(procedure, config, selected, content, in_windows, tell)


def _paint_what_is_asked_for(
    procedure: Any,
    config: Any,
    selected: Any,
    content: Any,
    in_windows: bool,
    tell: Callable[[Exception], None],
) -> Any:
    """Shows the dialog until what it asks for is painted; the arguments are :func:`transfer`'s."""
    before, content = content, suggestions.suggest(config, content)
    opened_last = None if content is before else before
    while True:
        # The engine loads while the user is choosing.
        with _engine() as engine:
            painted, used, content = _ask(procedure, config, selected, content, engine, opened_last)
            try:
                settings, keep = procedure_arguments.values(used), partial(last_values.keep, config)
                return _paint(engine, painted, used, settings, in_windows, keep)
            except Cancelled:
                raise
            except Exception as error:
                if not (painted.is_valid() and content.is_valid()):
                    raise
                failure = error
        tell(failure)
        opened_last = None


def windows_are_possible() -> bool:
    """Tells whether GIMP itself has a window: without one there is no screen for ours."""
    return Gimp.default_display() is not None


@contextlib.contextmanager
def _engine() -> Iterator[Engine]:
    with _log_stream() as stream, Engine(install_info.read(), stream) as engine:
        yield engine


def _ask(
    procedure: Any,
    config: Any,
    selected: Any,
    content: Any,
    engine: Engine,
    opened_last: Any | None,
) -> tuple[Any, Any, Any]:
    """Returns the layer to be painted, the arguments to paint it with, and the photograph.

    A layer that is painted once more has its own: ``config`` gets what is chosen beside it.
    """
    from nst_gimp.windows import dialog

    # Widgets listen to their arguments for as long as these live: the next dialog gets others.
    asked = procedure.create_config()
    procedure_arguments.copy(config, asked)
    chosen = dialog.ask(procedure, asked, selected, content, engine, opened_last)
    if chosen is None:
        raise Cancelled
    procedure_arguments.copy(asked, config)
    return chosen


def _original(run_mode: Any, image: Any, selected: Any) -> Any:
    """Returns the layer that is painted; a script paints what it names."""
    if run_mode == Gimp.RunMode.NONINTERACTIVE:
        return selected
    try:
        return content_choice.content_layer(image, [layer_records.content_of(selected)])
    except NstError:
        if run_mode == Gimp.RunMode.INTERACTIVE:
            return selected  # the dialog shows what is painted
        raise


def paint_again(kind: str, run_mode: Any, image: Any, drawables: list[Any], config: Any) -> Any:
    """Paints the original of a painted layer once more, into a new layer above the painted one.

    Args:
        kind: one of :data:`nst_gimp.engine.again.KINDS`.
        run_mode, image, drawables: as GIMP gives them.
        config: arguments of the procedure that painted it.

    Returns:
        The new layer.

    Raises:
        NstError, Cancelled: as for :func:`transfer`, and if the layer was not painted here.
    """
    painted = content_choice.content_layer(image, drawables)
    record = layer_records.read(painted)
    if record is None:
        raise NstError(
            BAD_INPUT,
            _('The layer "{name}" was not painted by Neural Style.').format(
                name=painted.get_name()
            ),
            _("Select a layer that it has painted."),
        )
    content = content_choice.content_layer(image, [record.original(painted)])
    record.paint_again(kind, config, painted, content)
    in_windows = run_mode != Gimp.RunMode.NONINTERACTIVE and windows_are_possible()
    settings = procedure_arguments.values(config)
    with _engine() as engine:
        return _paint(engine, content, config, settings, in_windows)


def _paint(
    engine: Engine,
    content: Any,
    config: Any,
    settings: dict[str, Any],
    in_windows: bool,
    keep: Callable[[], None] = lambda: None,
) -> Any:
    """Paints, and keeps what Filters > Repeat is to repeat as soon as the layer is there."""
    with job_folder.folder(install_info.cache_folder() / "jobs") as folder:
        return _paint_in(folder, engine, content, config, settings, in_windows, keep)


def _paint_in(
    folder: Path,
    engine: Engine,
    content: Any,
    config: Any,
    settings: dict[str, Any],
    in_windows: bool,
    keep: Callable[[], None],
) -> Any:
    problem = style_pixels.problem_with(config)
    if problem is not None:
        raise problem
    look = Look.of(content)
    area = layers.area_to_paint(content)
    mask = masks.read(content, area, folder)
    preview_seconds = _PREVIEW_SECONDS if in_windows else 0
    request = _request(folder, content, area, config, settings, preview_seconds)
    run = EngineRun(engine, request)
    begin = time.monotonic()
    was_seen = _follow(run, content, area, in_windows)
    is_long = time.monotonic() - begin > LONG_SECONDS
    assert run.done is not None  # noqa: S101 (that is what it was followed to)
    result = replace(request.content, file=run.done.file)
    style = ", ".join(source.picture.name for source in request.styles)
    name = f"{request.content.name} (Neural Style: {style})"
    record = LayerRecord.of_run(config, content, run, style)
    change = reorientation.since(look, content)
    styles = style_pixels.chosen_layers(config)
    layer = layers.insert_above(
        *(content, area, folder, result, name, mask),
        prepare=partial(record.attach, content=content),
        styles=styles,
        change=change,
    )
    keep()
    if in_windows:
        past_results.keep(record, layer, run.seconds)
        _tell_of(run, placement.notices(layer, content, is_in_place=change is not None))
    if is_long and not was_seen:
        notice.tell(_('"{name}" is painted.').format(name=request.content.name))
    return layer


def _request(
    folder: Path,
    content: Any,
    area: Area,
    config: Any,
    settings: dict[str, Any],
    preview_seconds: float,
) -> Request:
    """Writes the pixels of all layers into the folder, and returns what the engine is asked for."""
    return Request(
        folder=str(folder),
        content=layers.read(content, folder, "content.raw", area),
        styles=style_pixels.read(config, folder, content, area),
        start=style_pixels.read_start(config, folder, content, area),
        settings=settings,
        preview_seconds=preview_seconds,
        strength_mask=strength_mask.read(config, folder, content, area),
    )


def _tell_of(run: EngineRun, notices: Iterable[str]) -> None:
    """Tells in GIMP's messages what the engine pointed out, and where the layer is."""
    for caution in run.cautions:
        Gimp.message(f"{translated(caution.message)}\n{translated(caution.advice)}".strip())
    for text in notices:
        Gimp.message(text)


def _follow(run: EngineRun, content: Any, area: Area, in_window: bool) -> bool:
    """Follows a run to its end; returns whether nobody needs to be told of that."""
    image = content.get_image()

    def check() -> None:
        content_choice.check_there(image, content)

    if in_window:
        from nst_gimp.windows import progress_window

        return progress_window.follow(run, content, area, check)
    status_bar.follow(run, check)
    return True


@contextlib.contextmanager
def _log_stream() -> Iterator[Any]:
    """Opens the plug-in's log for what the engine prints, or nothing if it cannot be written."""
    try:
        stream = install_info.log_file().open("ab")
    except OSError:
        yield None
        return
    with stream:
        yield stream

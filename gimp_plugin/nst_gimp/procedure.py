"""What happens when the procedure is called: content and style in, a new layer out."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_core.errors import BAD_INPUT, Cancelled, NstError
from nst_core.protocol import Caution, Progress, Raster, Ready, Request, StyleSource
from nst_gimp import install_info, job, last_values, layers
from nst_gimp.arguments import SETTINGS
from nst_gimp.engine import Engine

_log = logging.getLogger(__name__)


def transfer(procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any) -> Any:
    """Paints the selected layer and inserts the result above it.

    Returns:
        The new layer.

    Raises:
        NstError: if something will not do; the image is as it was.
        Cancelled: if the user changed their mind or closed the image.
    """
    content = layers.content_layer(image, drawables)
    interactive = run_mode == Gimp.RunMode.INTERACTIVE
    if run_mode == Gimp.RunMode.WITH_LAST_VALS:
        last_values.restore(config)
    # The engine loads while the user is choosing.
    with _log_stream() as stream, Engine(install_info.read(), stream) as engine:
        if interactive:
            from nst_gimp import dialog

            if not dialog.ask(procedure, config, image, content):
                raise Cancelled
        with job.folder(install_info.cache_folder() / "jobs") as folder:
            return _paint(engine, folder, content, config, show_cautions=interactive)


def _paint(engine: Engine, folder: Path, content: Any, config: Any, show_cautions: bool) -> Any:
    Gimp.progress_init("Neural Style: reading the layers")
    style = _read_style(config, folder)
    request = Request(
        folder=str(folder),
        content=layers.read(content, folder, "content.raw"),
        styles=(StyleSource(style),),
        settings={name: config.get_property(name.replace("_", "-")) for name in SETTINGS},
    )
    watcher = _Watcher(content)
    Gimp.progress_set_text("Neural Style: starting the engine")
    done = engine.run(request, watcher.on_event, watcher.on_tick)
    _log.info("done: %s", done)
    result = replace(request.content, file=done.file)
    name = f"{request.content.name} (Neural Style: {style.name})"
    layer = layers.insert_above(content, folder, result, name)
    last_values.keep(config)
    Gimp.progress_end()
    if show_cautions:
        for caution in watcher.cautions:
            Gimp.message(f"{caution.message}\n{caution.advice}".strip())
    return layer


def _read_style(config: Any, folder: Path) -> Raster:
    drawable, file = config.get_property("style-layer"), config.get_property("style-file")
    if drawable is not None:
        return layers.read(drawable, folder, "style.raw")
    if file is None:
        raise NstError(
            BAD_INPUT,
            "No style is chosen.",
            "Give a style layer or a style file to take the style from.",
        )
    loaded = layers.load_style(file)
    try:
        return layers.read(loaded, folder, "style.raw")
    finally:
        loaded.get_image().delete()


class _Watcher:
    """Shows progress in GIMP, and sees when the image is no longer there."""

    def __init__(self, content: Any) -> None:
        self.cautions: list[Caution] = []
        self._content = content
        self._image = content.get_image()
        self._done = 0.0

    def on_event(self, event: Ready | Progress | Caution) -> None:
        if isinstance(event, Caution):
            _log.warning("%s %s", event.message, event.advice)
            self.cautions.append(event)
        elif isinstance(event, Ready):
            _log.info("planned: %s", event)
            Gimp.progress_set_text(f"Neural Style: about {duration(event.seconds)}")
        else:
            self._done = event.fraction
            left = duration(event.seconds_left)
            Gimp.progress_set_text(f"Neural Style: {event.evaluation} of {event.of}, {left} left")

    def on_tick(self) -> bool:
        if not self._image.is_valid():
            return False
        if not self._content.is_valid():
            raise NstError(
                BAD_INPUT,
                "The layer was removed while it was being painted.",
                "Keep the layer until its painting is done.",
            )
        # Talking to GIMP is also how a plug-in learns that GIMP is gone.
        Gimp.progress_update(self._done)
        return True


def duration(seconds: float) -> str:
    """Returns a time as people say it: "45 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


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

"""The live sketch in the dialog: what style and settings make of the photograph, small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gi.repository import GdkPixbuf, GLib, Gtk

from nst_contract.errors import NstError, explain
from nst_contract.protocol.events import Event
from nst_contract.protocol.requests import CHANNELS
from nst_gimp.arguments import procedure_arguments
from nst_gimp.engine import install_info
from nst_gimp.engine.sketches import Sketches, settings_of_run, with_settings
from nst_gimp.image.pixels import Area
from nst_gimp.image.sketch_pictures import SketchPictures
from nst_gimp.image.style_choices import StyleChoice
from nst_gimp.text.i18n import _
from nst_gimp.text.messages import in_own_words
from nst_gimp.windows import preview, widgets
from nst_gimp.windows.picture_view import PictureView

# Whoever drags a slider is followed at each rest of this length.
_REST_MILLISECONDS = 120
# Long side, in pixels, and seconds on this machine: of the sketch, and of one in the gallery.
_SKETCH = 384, 3.0
_TILE = 128, 1.0


class SketchPane:
    """A sketch that follows the arguments.

    Args:
        config: the arguments.
        sketches: asks the engine.
        choices: returns the styles of the gallery.
        set_picture: shows a picture in the gallery in place of a style's own; None: its own again.

    Attributes:
        widget: grows with its window.
    """

    def __init__(
        self,
        config: Any,
        sketches: Sketches,
        choices: Callable[[], Iterable[StyleChoice]],
        set_picture: Callable[[StyleChoice, Any], None],
    ) -> None:
        self._config = config
        self._sketches = sketches
        self._choices = choices
        self._set_picture = set_picture
        # Styles of the gallery that are yet to be sketched, and the one that is being.
        self._tiles: list[StyleChoice] = []
        self._tile: StyleChoice | None = None
        self._rest: int | None = None
        self._is_begun = False
        self._pictures: SketchPictures | None = None
        self._photograph: Any = None
        self._selected: tuple[bytes, int, int] | None = None
        self._view = PictureView(_("Sketch"))
        self.widget = self._build()
        self._handler = config.connect("notify", lambda *_: self._on_change())

    def paint(self, content: Any, area: Area) -> None:
        """Another layer, or another part of it, is to be painted."""
        self._size = area.width, area.height
        pictures = SketchPictures(self._config, content, area, self._sketches.folder)
        self._pictures = pictures
        self._photograph, self._selected = _read_photograph(pictures)
        self._view.set_after(None)
        if self._photograph is not None:
            self._view.set_before(self._photograph)
        self._on_change()

    def note(self, event: Event) -> None:
        """Takes in what the engine says."""
        if not self._sketches.note(event):
            return
        if self._tile is not None:
            self._note_tile(self._tile)
        else:
            self._note_sketch()
        if not self._sketches.is_waiting:
            self._begin_tile()

    def stop(self) -> None:
        """Breaks off what is being painted, and follows nothing any more."""
        self._config.disconnect(self._handler)
        self._tiles = []
        self._forget_rest()
        self._sketches.drop()

    def _build(self) -> Any:
        self._live = Gtk.CheckButton(label=_("Sketch"), active=True)
        self._live.set_tooltip_text(
            _("Shows a small version of what Paint would give, and starts again with every change")
        )
        self._live.connect("toggled", lambda _button: self._on_change())
        self._all = Gtk.CheckButton(label=_("In every style"))
        self._all.set_tooltip_text(
            _("Shows in the gallery, one after the other, this photograph in each of the styles")
        )
        self._all.connect("toggled", lambda _button: self._on_all())
        row = self._view.row
        row.pack_end(self._all, False, False, 0)
        row.pack_end(self._live, False, False, 0)
        self._status = widgets.label(dim=True, wrap=True)
        self._status.set_max_width_chars(40)
        self._status.set_lines(2)
        self._view.widget.pack_start(self._status, False, False, 0)
        return self._view.widget

    # The sketch ----------------------------------------------------------------------------------

    def _on_change(self) -> None:
        """Something is chosen: what is being painted no longer counts."""
        if self._pictures is None:
            return
        self._forget_rest()
        self._sketches.drop()
        self._tile = None
        if self._live.get_active() or self._all.get_active():
            self._rest = GLib.timeout_add(_REST_MILLISECONDS, self._begin)
        if not self._live.get_active():
            self._view.set_after(None)
            self._status.set_text("")

    def _begin(self) -> bool:
        self._rest = None
        assert self._pictures is not None  # noqa: S101 (what is painted is known by now)
        if not self._pictures.is_there():
            return False  # the dialog is about to notice that, too
        self._plan_tiles()
        if not self._live.get_active():
            self._begin_tile()
            return False
        try:
            request = with_settings(self._pictures.request(), self._settings())
        except (NstError, OSError, GLib.Error) as error:
            self._tell(explain(error, install_info.log_file()))
            return False
        self._status.set_text(
            _("Starting the sketch") if self._is_begun else _("The engine is starting")
        )
        self._sketches.ask(request, *_SKETCH)
        return False

    def _note_sketch(self) -> None:
        sketches = self._sketches
        self._is_begun = True
        if sketches.error is not None:
            self._tell(sketches.error)
        elif sketches.picture is not None:
            size = sketches.picture.width, sketches.picture.height
            percent = f"{sketches.fraction * 100:.0f} %"
            text = (
                _("Sketch, {percent}")
                if sketches.is_waiting
                else _("Sketch of {width} x {height} px: the painting will have finer strokes")
            )
            text = text.format(percent=percent, width=size[0], height=size[1])
            self._status.set_text(text)
            self._view.set_after(self._within_selection(preview.shown(sketches.picture)), text)

    def _tell(self, error: NstError) -> None:
        error = in_own_words(error)
        self._view.set_after(None)
        self._status.set_text(f"{error.message} {error.advice}")

    def _settings(self) -> dict[str, Any]:
        return settings_of_run(procedure_arguments.values(self._config), *self._size)

    def _forget_rest(self) -> None:
        if self._rest is not None:
            GLib.source_remove(self._rest)
            self._rest = None

    # The gallery ---------------------------------------------------------------------------------

    def _on_all(self) -> None:
        if not self._all.get_active():
            for choice in self._choices():
                self._set_picture(choice, None)
        self._on_change()

    def _plan_tiles(self) -> None:
        self._tiles = list(self._choices()) if self._all.get_active() else []

    def _begin_tile(self) -> None:
        """Sketches the next style of the gallery, if there is one."""
        self._tile = None
        while self._pictures is not None and self._tiles and self._tile is None:
            choice = self._tiles.pop(0)
            if not choice.is_there():
                continue
            try:
                request = self._pictures.request_in(choice)
            except (NstError, OSError, GLib.Error):
                continue  # it keeps its own picture
            self._tile = choice
            settings = self._settings() | {"start": "recolored"}
            self._sketches.ask(with_settings(request, settings), *_TILE)

    def _note_tile(self, choice: StyleChoice) -> None:
        if self._sketches.picture is not None and not self._sketches.is_waiting:
            picture = preview.shown(self._sketches.picture)
            self._set_picture(choice, self._within_selection(picture))

    # The photograph ------------------------------------------------------------------------------

    def _within_selection(self, picture: Any) -> Any:
        """Returns a painted picture with the photograph where nothing is selected."""
        if self._selected is None or self._photograph is None:
            return picture
        samples, width, height = self._selected
        bilinear = GdkPixbuf.InterpType.BILINEAR
        painted = picture.scale_simple(width, height, bilinear)
        pixels = bytearray(painted.read_pixel_bytes().get_data())
        stride = painted.get_rowstride()
        for row in range(height):
            start = row * stride + CHANNELS - 1
            pixels[start : start + CHANNELS * width : CHANNELS] = samples[
                row * width : (row + 1) * width
            ]
        cut = preview.of_samples(bytes(pixels), width, height, stride)
        whole = self._photograph.scale_simple(width, height, bilinear)
        cut.composite(whole, 0, 0, width, height, 0, 0, 1, 1, bilinear, 255)
        return whole


def _read_photograph(pictures: SketchPictures) -> tuple[Any, tuple[bytes, int, int] | None]:
    """Returns the photograph, and how much of it is selected."""
    try:
        return preview.of_samples(*pictures.photograph()), pictures.selected()
    except (NstError, OSError, GLib.Error):
        return None, None  # the sketch itself will say what is wrong

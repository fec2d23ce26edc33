"""The part of the dialog that shows which layer is painted, and lets it be another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gi.repository import Gimp, Gtk

from nst_gimp.arguments import style_places
from nst_gimp.image import strength_mask, style_arguments, style_choices
from nst_gimp.text.i18n import _
from nst_gimp.windows import setting_widgets, widgets
from nst_gimp.windows.fitted_picture import FittedPicture
from nst_gimp.windows.layer_combo import LayerCombo

_PICTURE = (64, 48)


class ContentRow:
    """The layer to be painted: its picture, a list to choose another one from, and Swap.

    Attributes:
        widget: shows them, and what of the image counts beside that layer.
        content: the layer.

    Args:
        config: the arguments.
        content: the layer to begin with.
        on_content: is called when it has become another one.
    """

    def __init__(self, config: Any, content: Any, on_content: Callable[[], None]) -> None:
        self.content = content
        self._config = config
        self._on_content = on_content
        self._picture = FittedPicture(*_PICTURE)
        self._layers = LayerCombo(self._own_layers, self._take, none=False)
        self._swap = Gtk.Button.new_with_mnemonic(_("S_wap"))
        self._swap.set_tooltip_text(_("Paints the style in the style of the photograph instead"))
        self._swap.connect("clicked", lambda _button: self._on_swap())
        self._swap.set_valign(Gtk.Align.CENTER)
        self._counts = widgets.label(wrap=True, dim=True)
        self._counts.set_max_width_chars(60)
        self._counts.set_no_show_all(True)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
        row, _label = setting_widgets.labelled(
            _("Pho_tograph"), self._layers, _("The layer that is painted")
        )
        row.set_valign(Gtk.Align.CENTER)
        line = Gtk.Box(spacing=widgets.SPACE)
        line.pack_start(self._picture, False, False, 0)
        line.pack_start(row, True, True, 0)
        line.pack_start(self._swap, False, False, 0)
        self.widget.pack_start(line, False, False, 0)
        self.widget.pack_start(self._counts, False, False, 0)
        self.refresh()
        config.connect("notify", lambda *_: self.refresh_counts())

    def refresh(self) -> None:
        """Shows the layer."""
        self._layers.show_chosen(self.content)
        small = style_choices.of_layer(self.content, "").thumbnail
        self._picture.show_picture(small)
        self.refresh_counts()

    def refresh_counts(self) -> None:
        """Says what counts beside the layer, and whether it can be swapped with the style."""
        text = " ".join(_what_counts(self._config, self.content))
        self._counts.set_text(text)
        self._counts.set_visible(bool(text))
        style = style_choices.chosen(self._config)
        self._swap.set_sensitive(style is not None and _is_in(style.layer, self.content))

    def _on_swap(self) -> None:
        """Makes the style the photograph, and the photograph the style."""
        style = style_choices.chosen(self._config)
        if style is not None and _is_in(style.layer, self.content):
            self._take(style.layer)

    def _take(self, layer: Any | None) -> None:
        """The user has chosen another layer; one that was a style changes places with it."""
        if layer is None:
            return
        before, self.content = self.content, layer
        style_places.change_places(self._config, before, layer)
        self.refresh()
        self._on_content()

    def _own_layers(self) -> Iterator[tuple[Any, str]]:
        for layer in style_choices.with_children(self.content.get_image().get_layers()):
            yield layer, ""


def _is_in(layer: Any | None, content: Any) -> bool:
    """Tells whether a layer is in the image of the content, and another one."""
    return (
        layer is not None
        and layer.is_layer()
        and layer.get_id() != content.get_id()
        and layer.get_image().get_id() == content.get_image().get_id()
    )


def _what_counts(config: Any, content: Any) -> Iterator[str]:
    """Yields a sentence for each thing in the image that decides where or how it is painted."""
    if not Gimp.Selection.is_empty(content.get_image()):
        yield _("Only what is selected is painted.")
    if content.get_mask() is not None and content.get_apply_mask():
        yield _("The layer mask is carried over.")
    choices = [style_choices.chosen(config, at) for at in style_arguments.ALL]
    layers = [choice.layer for choice in choices if choice and choice.layer is not None]
    if any(style_choices.has_mask(layer) for layer in layers):
        yield _("A style is painted only where its layer mask is white.")
    if config.get_property(strength_mask.ARGUMENT) is not None:
        yield _("The strength mask says how far each place is painted.")

"""The part of the dialog with the settings that are seldom changed."""

from __future__ import annotations

from typing import Any

from gi.repository import GObject, Gtk

from nst_contract.settings import SPECS
from nst_gimp.arguments import procedure_arguments
from nst_gimp.image import strength_mask, style_choices
from nst_gimp.image.style_pixels import START
from nst_gimp.text.i18n import _
from nst_gimp.windows import layer_combo, picture_chooser, setting_widgets, widgets
from nst_gimp.windows.setting_groups import GROUPS

# Those that are a part of something: a slider shows how large a part.
_SHARES = ("balance", "color_strength")
# What a click on the arrows of a number adds, if it is not 1.
_STEPS = {"size": 64, "evaluations": 10, "coarsest": 16, "content_weight": 0.1, "gram_share": 0.1,
          "tv_weight": 0.1, "fourier_exponent": 0.05, "memory": 0.5}  # fmt: skip

Row = tuple[Any, Any]


def build(dialog: Any, config: Any, content: Any) -> Any:
    """Returns an expander with the groups, and in them a widget for each setting.

    Args:
        dialog: the window that it will be in.
        config: the arguments.
        content: the layer to be painted.
    """
    rows = _Rows(dialog, config, content)
    groups = Gtk.Notebook()
    groups.get_accessible().set_name(_("Groups of settings"))
    for title, settings in GROUPS.items():
        page = _two_columns([row for name in settings for row in rows.of(name)])
        groups.append_page(page, Gtk.Label(label=title))
    expander = Gtk.Expander(label=_("_Advanced"), use_underline=True)
    # Without that, its words are at the left even where one reads from the right.
    expander.set_label_fill(True)
    expander.get_label_widget().set_xalign(0)
    expander.add(groups)
    groups.show_all()
    groups.set_no_show_all(True)
    # Tab would go through what an expander hides.
    expander.bind_property("expanded", groups, "visible", GObject.BindingFlags.SYNC_CREATE)
    return expander


def _two_columns(rows: list[Row]) -> Any:
    """Returns the rows, read from the left to the right and then down."""
    box = Gtk.Box(
        orientation=Gtk.Orientation.VERTICAL,
        spacing=widgets.SPACE // 2,
        border_width=widgets.SPACE // 2,
    )
    labels = [Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL) for _column in range(2)]
    for place in range(0, len(rows), 2):
        line = Gtk.Box(spacing=2 * widgets.SPACE, homogeneous=True)
        for (row, label), same in zip(rows[place : place + 2], labels, strict=False):
            line.pack_start(row, True, True, 0)
            if label is not None:
                same.add_widget(label)
        if place + 1 == len(rows):
            line.pack_start(Gtk.Box(), True, True, 0)
        box.pack_start(line, False, False, 0)
    return box


class _Rows:
    """Makes the rows of the settings, each with its label, if it has one."""

    def __init__(self, dialog: Any, config: Any, content: Any) -> None:
        self._dialog = dialog
        self._config = config
        self._content = content

    def of(self, name: str) -> list[Row]:
        """Returns the row of a setting, and those of the pictures that belong to it."""
        rows = [self._row(name)]
        if name == "start":
            pictures = [self._start_layer(), self._start_file()]
            self._follow_start([row for row, _label in pictures])
            rows += pictures
        if name == "protect":
            rows.append(self._strength_mask())
        return rows

    def _row(self, name: str) -> Row:
        spec, config = SPECS[name], self._config
        argument = procedure_arguments.name_of(name)
        kind, around = config.find_property(argument), None
        if spec.file_prefix is not None:
            return setting_widgets.text_or_file(config, name, spec, self._choose_file)
        if isinstance(kind.default_value, bool):
            return setting_widgets.switch(config, argument), None
        if spec.is_closed:
            field = setting_widgets.choice(config, argument)
        elif isinstance(kind.default_value, str):
            field = setting_widgets.text(config, argument, spec.suggestions)
        elif name in _SHARES:
            field, around = setting_widgets.slider(config, argument, setting_widgets.Scale())
        else:
            field = setting_widgets.number(config, argument, _STEPS.get(name, 1))
        return setting_widgets.labelled(_(spec.label), field, _(spec.help), around)

    def _strength_mask(self) -> Row:
        return self._layers(strength_mask.ARGUMENT, lambda: strength_mask.candidates(self._content))

    def _start_layer(self) -> Row:
        own = self._content.get_image()
        return self._layers(START[0], lambda: style_choices.layers_of_open_images(own))

    def _layers(self, argument: str, items: Any) -> Row:
        kind = self._config.find_property(argument)
        field = layer_combo.of_argument(self._config, argument, items)
        return setting_widgets.labelled(kind.get_nick(), field, kind.get_blurb())

    def _start_file(self) -> Row:
        kind = self._config.find_property(START[1])
        field = picture_chooser.FileButton(self._dialog, self._config, START[1])
        return setting_widgets.labelled(kind.get_nick(), field, kind.get_blurb())

    def _follow_start(self, pictures: list[Any]) -> None:
        """Lets a picture to start from be chosen only where painting starts from one."""

        def follow(*_arguments: Any) -> None:
            for widget in pictures:
                widget.set_sensitive(self._config.get_property("start") == "picture")

        follow()
        self._config.connect("notify::start", follow)

    def _choose_file(self, title: str) -> str | None:
        chooser = Gtk.FileChooserDialog(title=title, transient_for=self._dialog, modal=True)
        chooser.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        chooser.add_button(_("_Open"), Gtk.ResponseType.OK)
        is_chosen = chooser.run() == Gtk.ResponseType.OK
        path: str | None = chooser.get_filename() if is_chosen else None
        chooser.destroy()
        return path

"""How a layer was painted, kept with the layer so that it can be repeated.

In the image's file, files have no folders (:mod:`nst_gimp.engine.kept_record`). Until GIMP ends, it
knows them nevertheless; later they are looked for beside the image.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gi.repository import Gimp, Gio

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp.arguments import procedure_arguments
from nst_gimp.engine import again, kept_record
from nst_gimp.engine.run import EngineRun
from nst_gimp.image import (
    file_names,
    placement,
    strength_mask,
    style_arguments,
    style_choices,
    style_pixels,
)
from nst_gimp.image.style_choices import StyleChoice
from nst_gimp.text.i18n import _

_PARASITE = placement.PAINTING
_FILES = "neural-style-files"
# At the layer that was painted: a random name, by which it is known in copies of its image, too.
_ORIGINAL = "neural-style-original"
# Kept in the image's file; the other one ends with GIMP.
_PERSISTENT, _UNDOABLE = 1, 2
_LOCAL = "file:///"


@dataclass(frozen=True)
class LayerRecord:
    """How a layer was painted.

    Attributes:
        version: of this program.
        settings: of the engine, all of them, the seed included.
        weights: name of the network's weights.
        style: name of the style.
        style_file: its address, or its name alone, if it was a picture file.
        style_layer: name of the layer, if it was one.
        more: name of the layer, if it was one, and weight of each further style.
        more_files, more_builtins, more_palettes: as for the style: what each further one was.
        style_builtin, style_palette: names of the built-in style, if it was one, and its palette.
        start_file, start_layer: as for the style: the picture that it started from, if it did.
        strength_mask: name of the layer whose mask it was, or of the channel, if there was one.
        content, content_tattoo: name of the layer that was painted, and the number that it keeps
            in its image, even in a file and under another name.
        finest: how many evaluations were planned at the finest scale.
        content_key: the random name that the layer that was painted has got. In other images, and
            in copies of this one, its number is another layer's.
    """

    version: str
    settings: dict[str, Any]
    weights: str
    style: str
    style_file: str | None
    style_layer: str | None
    more: list[tuple[str | None, float]]
    style_builtin: str | None = None
    style_palette: str = ""
    start_file: str | None = None
    start_layer: str | None = None
    strength_mask: str | None = None
    content: str | None = None
    content_tattoo: int | None = None
    finest: int | None = None
    more_files: list[str | None] = field(default_factory=list)
    more_builtins: list[str | None] = field(default_factory=list)
    more_palettes: list[str] = field(default_factory=list)
    content_key: str | None = None

    @classmethod
    def of_run(cls, config: Any, content: Any, run: EngineRun, style: str) -> LayerRecord:
        """Returns the record of a run that is done."""
        done = run.done
        assert done is not None  # noqa: S101 (it is done)
        choice = style_choices.chosen(config) or StyleChoice()
        further = list(style_choices.more(config))
        names = [_names(choice) for choice in (choice, *(other for other, _weight in further))]
        (first_layer, first_file, builtin, palette), *others = names
        return cls(
            __version__,
            done.settings,
            done.weights,
            style,
            first_file,
            first_layer,
            [(other[0], weight) for other, (_, weight) in zip(others, further, strict=True)],
            builtin,
            palette,
            *_start(config),
            strength_mask.name_of(config),
            content.get_name(),
            content.get_tattoo(),
            run.plan.plan[-1]["evaluations"] if run.plan else None,
            [other[1] for other in others],
            [other[2] for other in others],
            [other[3] for other in others],
            _key_of(content) or uuid.uuid4().hex,
        )

    def attach(self, layer: Any, content: Any) -> None:
        """Keeps the record with a layer, and has the layer that was painted known by it."""
        values, files = kept_record.without_folders(asdict(self))
        for name, flags, kept in ((_PARASITE, _PERSISTENT, values), (_FILES, 0, files)):
            layer.attach_parasite(Gimp.Parasite.new(name, flags, json.dumps(kept).encode()))
        if self.content_key and _key_of(content) != self.content_key:
            # What cannot be undone would end the undoing of all that was done before.
            flags, key = _PERSISTENT | _UNDOABLE, self.content_key.encode()
            content.attach_parasite(Gimp.Parasite.new(_ORIGINAL, flags, key))

    def original(self, painted: Any) -> Any:
        """Returns the layer that a painted layer was painted from; itself if none is known.

        Raises:
            NstError: (bad-input) if it is no longer there.
        """
        if self.content_tattoo is None:
            return painted
        image = painted.get_image()
        found = image.get_layer_by_tattoo(self.content_tattoo)
        if self.content_key is not None and (found is None or _key_of(found) != self.content_key):
            found = self._known_in(image)
        if found is None:
            raise NstError(
                BAD_INPUT,
                _('"{painted}" was painted from the layer "{name}", which is gone.').format(
                    painted=painted.get_name(), name=self.content
                ),
                _("Bring it back with Edit > Undo, or select the layer to be painted."),
            )
        return found

    def _known_in(self, image: Any) -> Any | None:
        """Returns the layer that has the original's random name; of several the one with its own
        name, too, since GIMP gives a copy of a layer both but calls it a copy."""
        layers = style_choices.with_children(image.get_layers())
        known = [layer for layer in layers if _key_of(layer) == self.content_key]
        named = [layer for layer in known if layer.get_name() == self.content]
        return named[0] if named else known[0] if len(known) == 1 else None

    def paint_again(self, kind: str, config: Any, painted: Any, content: Any) -> None:
        """Sets the arguments for painting once more.

        Args:
            kind: one of :data:`nst_gimp.engine.again.KINDS`.
            config: the arguments, which name no style.
            painted, content: the layer of this record, and its original.

        Raises:
            NstError: (bad-input) if one of its styles, or its strength mask, is no longer there.
        """
        missing = self.repeat(config, content)
        if missing is not None:
            advice = _("Open it again, or choose another one in the dialog of Neural Style.")
            raise NstError(missing.code, missing.message, advice)
        is_builtin = self.style_builtin is not None
        settings = {**procedure_arguments.values(config), **self.settings}
        changed = again.settings_for(kind, settings, self.finest, is_builtin)
        procedure_arguments.assign(config, changed)
        if kind == again.GO_ON:
            config.set_property(style_pixels.START[0], painted)

    def repeat(self, config: Any, content: Any) -> NstError | None:
        """Sets the arguments as they were in that run, as far as all can still be found.

        Returns:
            What cannot: one of its styles, which then all stay as they are in the arguments, or
            its strength mask. None if all is there.
        """
        procedure_arguments.assign(config, self.settings)
        layers: dict[str, Any] = {}
        # Of the content's own image first: others may have layers of the same names.
        for layer, _place in style_choices.layers_of_open_images(content.get_image()):
            if layer.get_id() != content.get_id():
                layers.setdefault(layer.get_name(), layer)
        layer, file = style_pixels.START
        config.set_property(layer, layers.get(self.start_layer or ""))
        config.set_property(file, _file(self.start_file, content))
        no_mask = self._repeat_mask(config, content)
        return self._repeat_styles(config, layers, content) or no_mask

    def _repeat_styles(self, config: Any, layers: dict[str, Any], content: Any) -> NstError | None:
        further = itertools.zip_longest(
            self.more, self.more_files, self.more_builtins, self.more_palettes
        )
        first = self.style_layer, self.style_file, self.style_builtin, self.style_palette
        named: list[tuple[str | None, ...]] = [first]
        named += [(name, *what) for (name, _weight), *what in [*further][: len(self.more)]]
        styles = [_choice(names, layers, content) for names in named]
        if None in styles:
            name = _called(named[styles.index(None)]) or self.style
            return NstError(
                BAD_INPUT,
                _('The style "{name}" cannot be found any more.').format(name=name),
                _("The settings are taken; the styles stay as they are chosen."),
            )
        for at, style in itertools.zip_longest(style_arguments.ALL, styles):
            (style or StyleChoice()).put(config, at)
        for place, further_at in enumerate(style_arguments.MORE):
            weight = self.more[place][1] if place < len(self.more) else 1.0
            config.set_property(further_at.weight, weight)
        return None

    def _repeat_mask(self, config: Any, content: Any) -> NstError | None:
        mask = strength_mask.find(self.strength_mask, content)
        config.set_property(strength_mask.ARGUMENT, mask)
        if mask is not None or self.strength_mask is None:
            return None
        return NstError(
            BAD_INPUT,
            _('The strength mask "{name}" cannot be found any more.').format(
                name=self.strength_mask
            ),
            _("All else is taken."),
        )


def _key_of(layer: Any) -> str | None:
    """Returns the random name of a layer that was painted before, if it was."""
    kept = layer.get_parasite(_ORIGINAL)
    return None if kept is None else bytes(kept.get_data()).decode(errors="replace")


def _names(choice: StyleChoice) -> tuple[str | None, str | None, str | None, str]:
    """Returns the layer, the address of the file, the built-in style and its palette."""
    builtin = choice.builtin
    return (
        None if choice.layer is None else choice.layer.get_name(),
        None if choice.file is None else choice.file.get_uri(),
        None if builtin is None else builtin.style,
        "" if builtin is None else builtin.palette,
    )


def _called(names: Sequence[str | None]) -> str:
    """Returns what a style is called that :func:`_names` has named."""
    layer, file, builtin, _palette = names
    if file is not None:
        return file_names.shown(Gio.File.new_for_uri(file)) if file.startswith(_LOCAL) else file
    return layer or builtin or ""


def _choice(
    names: Sequence[str | None], layers: dict[str, Any], content: Any
) -> StyleChoice | None:
    """Returns what :func:`_names` has named, if it can still be found."""
    layer, file, builtin, palette = names
    found = _file(file, content)
    if found is not None:
        return StyleChoice(file=found)
    if layer in layers:
        return StyleChoice(layer=layers[layer])
    return None if builtin is None else StyleChoice(builtin=BuiltinStyle(builtin, palette or ""))


def _start(config: Any) -> tuple[str | None, str | None]:
    """Returns address or name of the picture that a run started from."""
    layer, file = (config.get_property(name) for name in style_pixels.START)
    if config.get_property("start") != "picture":
        return None, None
    if layer is not None:
        return None, layer.get_name()
    return (None if file is None else file.get_uri()), None


def _file(name: str | None, content: Any) -> Any | None:
    """Returns the picture file of an address or of a name, if it is still there.

    A record may be a stranger's: nothing is asked over the network, and only files are opened.
    """
    if name is None:
        return None
    if name.startswith(_LOCAL):
        file = Gio.File.new_for_uri(name)
    else:
        own = content.get_image().get_file()
        folder = own and own.get_parent()
        if folder is None or "/" in name or not own.is_native():
            return None
        file = folder.get_child(name)
    kind = file.query_file_type(Gio.FileQueryInfoFlags.NONE, None)
    return file if kind == Gio.FileType.REGULAR else None


def read(layer: Any) -> LayerRecord | None:
    """Returns a layer's record; None if it was not painted here, or by a version too different."""
    record, files = (layer.get_parasite(name) for name in (_PARASITE, _FILES))
    if record is None:
        return None
    known = b"{}" if files is None else bytes(files.get_data())
    values = kept_record.values_in(bytes(record.get_data()), known)
    return None if values is None else LayerRecord(**values)


def content_of(layer: Any) -> Any:
    """Returns the layer to paint if this one is selected: what it was painted from, if it was.

    Raises:
        NstError: (bad-input) if that is no longer there.
    """
    record = read(layer)
    return layer if record is None else record.original(layer)


def all_of(image: Any) -> Iterator[tuple[str, LayerRecord]]:
    """Yields the name and the record of each painted layer of an image."""
    for layer in style_choices.with_children(image.get_layers()):
        record = read(layer)
        if record is not None:
            yield layer.get_name(), record

"""Where a painting goes among the layers, and that it is seen there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gi.repository import Gimp

from nst_gimp.image import pixels
from nst_gimp.image.pixels import Area, PixelFormat
from nst_gimp.image.style_choices import with_children
from nst_gimp.text.i18n import _

# What is kept with a painting (nst_gimp.arguments.layer_records), by which it is known.
PAINTING = "neural-style"
# What a group bears that :func:`_together` has made.
_TOGETHER = "neural-style-part"
_PERSISTENT = 1
_PLAIN = (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY)
_ALPHA, _LIGHTNESS = PixelFormat("A u8", 1), PixelFormat("Y u8", 1)


def blend_like(layer: Any, content: Any) -> None:
    """Gives a layer that is not in the image yet opacity and mode of the content.

    A group that passes its layers through has no mode of its own: its painting is Normal.
    """
    layer.set_opacity(content.get_opacity())
    if content.get_mode() != Gimp.LayerMode.PASS_THROUGH:
        layer.set_mode(content.get_mode())
        layer.set_blend_space(content.get_blend_space())
        layer.set_composite_space(content.get_composite_space())
        layer.set_composite_mode(content.get_composite_mode())


def is_seen_through(layer: Any) -> bool:
    """Tells whether what lies below a layer is seen through it, be it a little."""
    if layer.get_opacity() < 100 or layer.get_mode() not in _PLAIN:
        return True
    shown = [(layer, _ALPHA)]
    if layer.get_mask() is not None and layer.get_apply_mask():
        shown.append((layer.get_mask(), _LIGHTNESS))
    return any(
        strip.translate(None, b"\0\xff")
        for drawable, form in shown
        for strip in pixels.strips(drawable, Area.whole(drawable), form)
    )


def insert(layer: Any, content: Any, styles: Sequence[Any], is_part: bool) -> None:
    """Inserts a painting above the content, and above what would cover it.

    That are earlier paintings of the content, and any layer that covers all of it. Where a style
    lies above and would cover half of it, it is hidden: it has served its purpose. So are the
    content and its earlier paintings, if they were seen through the new one: they would count
    twice. For the same reason a painted part of a content with a mode or opacity of its own goes
    into a group that has these, with a copy of the content, which is hidden.

    Args:
        layer: the painting, in its place on the canvas.
        content: what was painted.
        styles: the layers that were the style.
        is_part: whether only a part was painted: the rest of the content is still to be seen.
    """
    image, parent = content.get_image(), content.get_parent()
    for style in styles:
        if _is_above(style, content) and _covers_half(style, layer):
            _hide(style)
    siblings = _siblings(content)
    above = siblings[: image.get_item_position(content)][::-1]
    paintings = _earlier_paintings(above)
    covering = [at for at, item in enumerate(above, start=1) if _covers(item, layer)]
    steps = max([len(paintings), *covering])
    place = len(above) - steps
    if is_part and _is_blended(content):
        seen = [item for item in (content, *paintings) if item.get_visible()]
        _make_plain(layer)
        image.insert_layer(layer, _together(seen[-1] if seen else content, place), 0)
        return
    if not is_part and is_seen_through(layer):
        for seen_through in (content, *paintings):
            _hide(seen_through)
    image.insert_layer(layer, parent, place)


def _is_blended(content: Any) -> bool:
    """Tells whether a layer as a whole is mixed with what lies below."""
    if content.get_mode() == Gimp.LayerMode.PASS_THROUGH:
        return False  # its painting is not
    return content.get_mode() not in _PLAIN or content.get_opacity() < 100


def _together(base: Any, place: int) -> Any:
    """Returns a group for painted parts that looks like what they lie upon, and stands for that.

    Args:
        base: the content, or what is seen in its place: an earlier painting, or such a group.
        place: where to insert the group.
    """
    if base.get_parasite(_TOGETHER) is not None:
        return base
    image = base.get_image()
    group = Gimp.GroupLayer.new(image, _("{name}, painted in part").format(name=base.get_name()))
    blend_like(group, base)
    group.set_visible(base.get_visible())
    group.attach_parasite(Gimp.Parasite.new(_TOGETHER, _PERSISTENT, b"1"))
    copy = base.copy()
    _make_plain(copy)
    copy.set_visible(True)
    image.insert_layer(group, base.get_parent(), place)
    image.insert_layer(copy, group, 0)
    _hide(base)
    return group


def _hide(layer: Any) -> None:
    """Hides a layer, even one whose visibility is locked."""
    is_locked = layer.get_lock_visibility()
    layer.set_lock_visibility(False)
    layer.set_visible(False)
    layer.set_lock_visibility(is_locked)


def _make_plain(layer: Any) -> None:
    layer.set_opacity(100)
    layer.set_mode(Gimp.LayerMode.NORMAL)


def notices(layer: Any, content: Any, is_in_place: bool) -> Iterator[str]:
    """Yields what a user should know of a painting that has been inserted.

    Args:
        layer, content: the painting, and what was painted.
        is_in_place: whether it is known to fit upon the content.
    """
    if not is_in_place:
        yield _(
            'The layer "{name}" was changed while it was being painted: the painting has the size '
            "that it had before. Move or scale it with the tools of GIMP."
        ).format(name=content.get_name())
    for item in _with_groups(layer):
        if not item.get_visible():
            yield _(
                'The painting is not seen, because "{name}" is hidden: click on the place of the '
                "eye beside it in the Layers dialog."
            ).format(name=item.get_name())
            return
        for other in _siblings(item)[: layer.get_image().get_item_position(item)]:
            if _covers(other, layer):
                yield _(
                    'The painting is not seen, because "{name}" covers it: click on the eye beside '
                    "that layer in the Layers dialog."
                ).format(name=other.get_name())
                return


def _earlier_paintings(above: list[Any]) -> list[Any]:
    """Returns those of the layers above the content, from below, that follow it as paintings."""
    found: list[Any] = []
    for item in above:
        if all(item.get_parasite(name) is None for name in (PAINTING, _TOGETHER)):
            break
        found.append(item)
    return found


def _is_above(style: Any, content: Any) -> bool:
    """Tells whether a style lies above the content, in whatever group of the same image."""
    image = content.get_image()
    if style.get_image().get_id() != image.get_id():
        return False
    above = (
        other
        for item in _with_groups(content)
        for other in with_children(_siblings(item)[: image.get_item_position(item)])
    )
    return any(other.get_id() == style.get_id() for other in above)


def _covers(item: Any, layer: Any) -> bool:
    """Tells whether nothing is seen of a layer below an item, as far as the canvas shows it."""
    return _is_solid(item) and all(strip.count(255) == len(strip) for strip in _alphas(item, layer))


def _covers_half(item: Any, layer: Any) -> bool:
    if not _is_solid(item):
        return False
    counts = [(strip.count(255), len(strip)) for strip in _alphas(item, layer)]
    return 2 * sum(covered for covered, _of in counts) >= sum(of for _covered, of in counts)


def _is_solid(item: Any) -> bool:
    is_masked = item.get_mask() is not None and item.get_apply_mask()
    is_plain = item.get_mode() in _PLAIN and item.get_opacity() == 100
    return bool(item.get_visible() and is_plain and not is_masked)


def _alphas(item: Any, layer: Any) -> Iterator[bytes]:
    """Yields how opaque an item is where the canvas shows a layer, 0 outside of the item."""
    image, (_ok, left, top) = item.get_image(), item.get_offsets()
    seen = _place(layer).shared(Area(0, 0, image.get_width(), image.get_height()))
    if seen.width <= 0 or seen.height <= 0 or not _place(item).shared(seen).width > 0:
        yield b"\0"
        return
    there = Area(seen.x - left, seen.y - top, seen.width, seen.height)
    yield from pixels.strips(item, there, _ALPHA)


def _place(item: Any) -> Area:
    """Returns what an item takes up of its image."""
    _, x, y = item.get_offsets()
    return Area(x, y, item.get_width(), item.get_height())


def _siblings(item: Any) -> list[Any]:
    parent = item.get_parent()
    siblings: list[Any] = parent.get_children() if parent else item.get_image().get_layers()
    return siblings


def _with_groups(item: Any) -> Iterator[Any]:
    """Yields an item, its group, that one's group, and so on."""
    while item is not None:
        yield item
        item = item.get_parent()

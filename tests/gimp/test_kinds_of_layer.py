"""Masks, groups, text and other kinds of layers, in a real GIMP: as content and as style."""

from __future__ import annotations

from pathlib import Path

from tests.gimp.bench import QUICK_CONVERSIONS, Bench

# What the plug-in does with a layer, without an engine in between: as with zero evaluations.
PAINT = """
    import array, struct, sys
    sys.path.insert(0, "{plug_ins}/neural-style")
    from nst_gimp import layers, masks, pixels
    folder = Path("{folder}")
    pixels._STRIP_BYTES = 5000  # some rows, as of a large layer

    def paint(content):
        image = content.get_image()
        # Whoever has just painted a mask has selected that: it stands for its layer.
        for selected in filter(None, (content, content.get_mask())):
            assert layers.content_layer(image, [selected]).get_id() == content.get_id()
        area = layers.area_to_paint(content)
        mask = masks.read(content, area, folder)
        raster = layers.read(content, folder, "content.raw", area)
        return layers.insert_above(content, area, folder, raster, "painting", mask)

    def canvas(image, form="R'G'B'A u8"):
        copy = image.duplicate()
        pixels = get(copy.flatten(), form)
        copy.delete()
        return pixels
"""

MASKS = (
    PAINT
    + """
    WIDTH, HEIGHT, LEFT, TOP = 200, 24, -10, 5
    PIXELS = [(x, y) for y in range(HEIGHT) for x in range(WIDTH)]

    # As the masks themselves hold them.
    FORMATS = {{"U8": "B", "U16": "H", "U32": "I", "HALF": "e", "FLOAT": "f", "DOUBLE": "d"}}

    def values(channel):
        kind = precision.split("_")[0]
        form = FORMATS[kind]
        top = 1 if form in "efd" else 2 ** (8 * struct.calcsize(form)) - 1
        samples = struct.iter_unpack(form, get(channel, f"Y {{kind.lower()}}"))
        return [sample / top for sample, in samples]

    def shades(count):
        shade = [(i * 2654435761 % 2**32) / 2**32 * 1.5 - 0.25 for i in range(count)]
        return array.array("f", [min(1, max(0, value)) for value in shade]).tobytes()

    def scene(precision):
        image = new_image(180, 40, [("ground", (9, 90, 200, 255)), ("photo", (0, 0, 0, 0))],
            getattr(Gimp.Precision, precision))
        photo = image.get_layers()[0]
        photo.resize(WIDTH, HEIGHT, 0, 0)
        put(photo, bytes((7 * i + i // 9) % 251 for i in range(WIDTH * HEIGHT * 4)))
        photo.set_offsets(LEFT, TOP)
        mask = photo.create_mask(Gimp.AddMaskType.WHITE)
        # Black, white, and all that a mask can hold between them.
        put(mask, shades(WIDTH * HEIGHT), "Y float")
        photo.add_mask(mask)
        photo.set_edit_mask(True)
        photo.set_show_mask(True)
        return image, photo

    def select(image):
        channel = Gimp.Channel.new(image, "soft", 180, 40, 50, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        put(channel, shades(180 * 40), "Y float")
        image.select_item(Gimp.ChannelOps.REPLACE, channel)
        image.select_rectangle(Gimp.ChannelOps.INTERSECT, 120, 3, 40, 30)
        chosen = values(image.get_selection())
        return [chosen[(y + TOP) * 180 + x + LEFT] if 0 <= x + LEFT < 180 else 0
            for x, y in PIXELS]

    def on_the_layer(painting):
        # What the painting's mask shows, in the content's own pixels; 0 where there is none.
        _, x, y = painting.get_offsets()
        left, top, width = x - LEFT, y - TOP, painting.get_width()
        shown, seen = values(painting.get_mask()), [0.0] * len(PIXELS)
        for row in range(painting.get_height()):
            begin = (top + row) * WIDTH + left
            seen[begin:begin + width] = shown[row * width:(row + 1) * width]
        return seen

    def flags(layer):
        return [layer.get_apply_mask(), layer.get_edit_mask(), layer.get_show_mask()]

    answers = {{}}
    for precision in {precisions}:
        image, photo = scene(precision)
        own = values(photo.get_mask())
        answer = answers[precision] = {{"shades": len(set(own))}}

        painting = paint(photo)
        answer["mask"] = [on_the_layer(painting) == own, flags(painting)]
        photo.set_show_mask(False)
        form = "RGBA double"
        painting.set_visible(False)
        before = canvas(image, form)
        painting.set_visible(True)
        photo.set_visible(False)
        answer["looks the same"] = canvas(image, form) == before
        photo.set_visible(True)
        image.remove_layer(painting)

        photo.set_apply_mask(False)
        painting = paint(photo)
        answer["switched off"] = [on_the_layer(painting) == own, flags(painting)]
        image.remove_layer(painting)

        chosen = select(image)
        painting = paint(photo)
        answer["switched off, selection"] = [on_the_layer(painting) == chosen, flags(painting)]
        image.remove_layer(painting)

        photo.set_apply_mask(True)
        painting = paint(photo)
        seen = on_the_layer(painting)
        answer["mask, selection"] = flags(painting)
        found = list(zip(seen, own, chosen))
        answer["smaller"] = painting.get_width() < WIDTH
        answer["wholly selected"] = list({{s == m for s, m, c in found if c == 1}})
        answer["not selected"] = list({{s == 0 for s, m, c in found if c == 0}})
        answer["masked off"] = list({{s == 0 for s, m, c in found if m == 0}})
        answer["soft"] = len([c for s, m, c in found if 0 < c < 1 and 0 < m < 1])
        answer["worst"] = max(abs(s - m * c) for s, m, c in found)
        answer["the content's own"] = [values(photo.get_mask()) == own, flags(photo)]
        image.delete()
    result(answers)
"""
)

# Half a step between two neighbouring values of a mask, below 1.
ROUNDING = {
    "U8_NON_LINEAR": 0.5 / (2**8 - 1),
    "U16_LINEAR": 0.5 / (2**16 - 1),
    "U32_PERCEPTUAL": 0.5 / (2**32 - 1),
    "HALF_LINEAR": 2**-12,
    "FLOAT_NON_LINEAR": 2**-25,
    "DOUBLE_LINEAR": 0,
}


def test_a_painting_is_seen_where_its_content_is_and_was_selected_to_the_bit(
    bench: Bench, tmp_path: Path
) -> None:
    outcome = bench.run(
        MASKS.format(plug_ins=bench.plug_ins, folder=tmp_path, precisions=list(ROUNDING)),
        env=QUICK_CONVERSIONS,
    )
    applied, switched_off = [True, False, False], [False, False, False]
    for precision, rounding in ROUNDING.items():
        answer = outcome.value[precision]
        assert answer["shades"] > 200, precision
        assert answer["mask"] == [True, applied], precision
        assert answer["switched off"] == [True, switched_off], precision
        assert answer["switched off, selection"] == [True, applied], precision
        assert answer["mask, selection"] == applied, precision
        assert answer["smaller"], precision
        for what in ("wholly selected", "not selected", "masked off"):
            assert answer[what] == [True], (precision, what)
        assert answer["soft"] > 200, precision
        assert answer["worst"] <= rounding * 1.001, precision
        # The mask of the content is still there, and still what one paints on.
        assert answer["the content's own"] == [True, [True, True, False]], precision
        # Pixels themselves cross exactly where half, float or an integer of 16 bits holds them.
        assert answer["looks the same"] or precision in ("U32_PERCEPTUAL", "DOUBLE_LINEAR")


# A group in a group that may not be moved, a text, and in GIMP 3.2 a vector and a link layer; each
# off the origin, and partly outside of the canvas.
KINDS = (
    PAINT
    + """
    def scene():
        image = new_image(120, 90)
        put(image.get_layers()[0], bytes((5 * i + i // 7) % 251 | (i % 4 == 3) * 255
            for i in range(120 * 90 * 4)))
        outer = Gimp.GroupLayer.new(image, "outer")
        image.insert_layer(outer, None, 0)
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, outer, 0)
        for number, (x, y) in enumerate(((-9, 20), (15, 30), (2, 44))):
            part = Gimp.Layer.new(image, f"part {{number}}", 40, 30, Gimp.ImageType.RGBA_IMAGE,
                60, Gimp.LayerMode.NORMAL)
            image.insert_layer(part, group, 0)
            part.set_offsets(x, y)
            put(part, bytes((11 * i * (number + 1)) % 253 for i in range(40 * 30 * 4)))
        mask = group.create_mask(Gimp.AddMaskType.WHITE)
        width, height = group.get_width(), group.get_height()
        put(mask, bytes(2 * (i % width) for i in range(width * height)), "Y u8")
        group.add_mask(mask)
        outer.set_lock_position(True)

        text = Gimp.TextLayer.new(image, "Hôtel", Gimp.context_get_font(), 30, Gimp.Unit.pixel())
        text.set_color(Gegl.Color.new("maroon"))
        image.insert_layer(text, None, 0)
        text.set_offsets(70, 40)
        kinds = {{"group": group, "text": text}}
        if hasattr(Gimp, "LinkLayer"):
            kinds.update(links_and_vectors(image))
        return image, kinds

    def links_and_vectors(image):
        path = Gimp.Path.new(image, "triangle")
        image.insert_path(path, None, 0)
        corners = [c for corner in ((60, -5), (100, 5), (70, 35)) for c in corner * 3]
        path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, corners, True)
        vector = Gimp.VectorLayer.new(image, path)
        image.insert_layer(vector, None, 0)
        vector.set_fill_color(Gegl.Color.new("teal"))
        vector.refresh()
        file = Gio.File.new_for_path(f"{{folder}}/linked.png")
        other = new_image(34, 26)
        put(other.get_layers()[0], bytes(13 * i % 241 for i in range(34 * 26 * 4)))
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, other, file, None)
        link = Gimp.LinkLayer.new(image, file)
        image.insert_layer(link, None, 0)
        link.set_offsets(-5, 60)
        return {{"vector": vector, "link": link}}

    def stack(layers):
        return [[type(layer).__name__, layer.get_name(), *layer.get_offsets()[1:], get(layer).hex(),
            stack(layer.get_children()) if layer.is_group() else []] for layer in layers]

    def seen_alone(layer):
        # What GIMP itself shows of a layer without its mask, in the layer's own pixels.
        shown = Gimp.Image.new(layer.get_width(), layer.get_height(), Gimp.ImageBaseType.RGB)
        copy = Gimp.Layer.new_from_drawable(layer, shown)
        shown.insert_layer(copy, None, 0)
        copy.set_offsets(0, 0)
        if copy.get_mask():
            copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
        pixels = get(Gimp.Layer.new_from_visible(shown, shown, "seen"))
        shown.delete()
        return pixels

    def visible(pixels):
        return [pixels[i:i + 4] if pixels[i + 3] else b"" for i in range(0, len(pixels), 4)]

    image, kinds = scene()
    answers = {{}}
    for name, layer in kinds.items():
        before, canvas_before = stack(image.get_layers()), canvas(image)
        painting = paint(layer)
        parent = layer.get_parent()
        siblings = parent.get_children() if parent else image.get_layers()
        above = siblings.index(painting) + 1 == siblings.index(layer)
        layer.set_visible(False)
        same = canvas(image) == canvas_before
        kind = type(painting).__name__
        image.remove_layer(painting)
        shows = canvas(image) != canvas_before
        layer.set_visible(True)
        unchanged = stack(image.get_layers()) == before
        raster = layers.read(layer, folder, "style.raw")
        as_style = visible((folder / raster.file).read_bytes()) == visible(seen_alone(layer))
        answers[name] = [kind, above, same, shows, unchanged, as_style]
"""
)


def test_groups_texts_links_and_vectors_are_painted_as_they_look_and_stay_what_they_are(
    bench: Bench, tmp_path: Path
) -> None:
    script = KINDS.format(plug_ins=bench.plug_ins, folder=tmp_path)
    outcome = bench.run(
        script
        + """
    group, others = kinds["group"], [layer for name, layer in kinds.items() if name != "group"]
    before, untouched = canvas(image), stack(image.get_layers()[:-1])
    more = {} if len(others) == 1 else {"second_style": others[1], "third_style": others[2]}
    status, error, values = call("plug-in-neural-style-transfer", image, [group],
        style_layer=others[0], evaluations=2, device="cpu", **more)
    assert status == "SUCCESS", error
    _, left, top = group.get_offsets()
    shown, width, height = get(group.get_mask(), "Y u8"), group.get_width(), group.get_height()
    after = canvas(image)
    changed = [i for i in range(120 * 90) if after[4 * i:4 * i + 4] != before[4 * i:4 * i + 4]]
    inside = [(i % 120 - left, i // 120 - top) for i in changed]
    within = all(0 <= x < width and 0 <= y < height and shown[y * width + x] for x, y in inside)
    image.remove_layer(values[0])
    stayed = stack(image.get_layers()[:-1]) == untouched
    result([answers, [len(changed) > 500, within, stayed]])
    """,
        fonts=True,
    )
    as_they_look, painted = outcome.value
    new_in_3_2 = {"vector", "link"} if bench.gimp.version >= (3, 2, 0) else set()
    assert set(as_they_look) == {"group", "text"} | new_in_3_2
    for name, answer in as_they_look.items():
        assert answer == ["Layer", *[True] * 5], name
    # By the engine itself, in the style of all the others.
    assert painted == [True] * 3

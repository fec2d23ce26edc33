"""Every kind of layer: pixels on their way from GIMP through the engine and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from nst_contract.protocol.requests import Raster
from nst_contract.settings import Settings
from nst_core.pictures import rasters
from nst_core.stylize import stylize
from tests.gimp.bench import QUICK_CONVERSIONS, Bench

# Makes a layer of each kind, hands out its pixels as the plug-in does, waits until the engine has
# answered for all of them, and looks at what the plug-in then inserts.
SCRIPT = """
    import array, itertools, json, sys, time
    sys.path.insert(0, "{plug_ins}/neural-style")
    from nst_gimp import layers
    from nst_gimp.image.pixels import Area

    folder = Path("{folder}")
    profiles = {{
        ("RGB", "sRGB"): None,
        ("RGB", "Adobe RGB"): Gimp.ColorProfile.new_rgb_adobe(),
        ("RGB", "linear"): Gimp.ColorProfile.new_rgb_srgb_linear(),
        ("GRAY", "sRGB"): None,
        ("GRAY", "Adobe RGB"): Gimp.ColorProfile.new_d65_gray_linear(),
        ("GRAY", "linear"): Gimp.ColorProfile.new_d50_gray_lab_trc(),
    }}
    precisions = [getattr(Gimp.Precision, f"{{kind}}_{{curve}}")
        for kind in ("U8", "U16", "U32", "HALF", "FLOAT", "DOUBLE")
        for curve in ("LINEAR", "NON_LINEAR", "PERCEPTUAL")]

    def floats(layer):
        return array.array("f", get(layer, "R'G'B'A float"))

    # A little beyond what sRGB can show, and every alpha.
    values = array.array("f")
    for i in range(16 * 12):
        values.extend([(i * 7 % 50) / 36 - 0.2, (i * 11 % 50) / 36 - 0.2, (i * 3 % 50) / 36 - 0.2])
        values.append((i * 5 % 256) / 255)

    cases = []
    for (base, profile), precision, alpha in itertools.product(
            profiles, precisions, (True, False)):
        image = Gimp.Image.new_with_precision(
            40, 30, getattr(Gimp.ImageBaseType, base), precision)
        if profiles[base, profile]:
            assert image.set_color_profile(profiles[base, profile])
        kind = getattr(Gimp.ImageType, f"{{base}}{{'A' if alpha else ''}}_IMAGE")
        layer = Gimp.Layer.new(image, "p", 16, 12, kind, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        put(layer, values.tobytes(), "R'G'B'A float")
        raster = layers.read(layer, folder, f"{{len(cases)}}.raw")
        cases.append((f"{{base}} {{profile}} {{precision.value_nick}} {{alpha}}", layer, raster))
    (folder / "rasters.part").write_text(json.dumps([vars(raster) for _, _, raster in cases]))
    (folder / "rasters.part").rename(folder / "rasters.json")
    while not (folder / "painted").exists():
        time.sleep(0.05)

    def difference(one, other):
        pairs = zip(floats(one), floats(other), strict=True)
        return max(abs(a - b) for i, (a, b) in enumerate(pairs) if i % 4 != 3)

    answers = {{}}
    for case, layer, raster in cases:
        other = layer.copy()
        layer.get_image().insert_layer(other, None, 0)
        put(other, get(layer, "RGBA float"), "RGBA float")
        new = layers.insert_above(layer, Area.whole(layer), folder, raster, "new")
        answers[case] = [difference(layer, new), difference(layer, other),
            floats(layer)[3::4] == floats(new)[3::4], new.type() == layer.type()]
    result(answers)
"""


def test_with_zero_evaluations_the_pixels_are_the_contents_own_in_every_kind_of_layer(
    bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "rasters"
    folder.mkdir()
    script = SCRIPT.format(plug_ins=bench.plug_ins, folder=folder)
    with bench.start(script, env=QUICK_CONVERSIONS) as session:
        described = folder / "rasters.json"
        bench.wait(lambda: described.exists() or session.process.poll() is not None, "pixels")
        if described.exists():
            paint_without_an_evaluation(folder)
        answers = session.value()
        session.finish()
    assert len(answers) == 6 * 18 * 2
    wrong = {}
    for case, (worst, gimps_own, *same) in answers.items():
        # The curve of Adobe RGB is an approximation in GEGL: whatever GIMP does with such a layer
        # loses as much.
        allowed = max(1 / 255 if " u8" in case else 1e-4, gimps_own) + 1e-6
        if worst > allowed or not all(same):
            wrong[case] = worst, allowed, same
    assert wrong == {}


def paint_without_an_evaluation(folder: Path) -> None:
    """Does to each picture in the folder what the engine does in a worker."""
    for values in json.loads((folder / "rasters.json").read_text()):
        raster = Raster(**values)
        picture = rasters.read(folder, raster)
        result = stylize(picture, [replace(picture)], Settings(evaluations=0))
        rasters.write(result.picture, folder / raster.file, raster.sample)
    (folder / "painted").touch()

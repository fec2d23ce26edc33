"""Every kind of layer: pixels on their way from GIMP through the engine and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nst_contract.protocol.requests import Raster
from nst_contract.settings import Settings
from nst_core.pictures import rasters
from nst_core.stylize import stylize
from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


def test_a_window_shows_of_the_photograph_what_is_painted_of_it(bench: Bench) -> None:
    assert bench.run("pixels.selected") == {"shape": 0.75, "is red": True}


@each_gimp  # what it does with pixels, formats and profiles
def test_with_zero_evaluations_every_kind_of_layer_keeps_its_pixels_and_windows_show_them(
    exact_bench: Bench, tmp_path: Path
) -> None:
    written = exact_bench.run("pixels.write", folder=str(tmp_path))
    assert len(written) == 6 * 18 * 2
    for values in written.values():
        paint_without_an_evaluation(tmp_path, Raster(**values))
    compared = exact_bench.run("pixels.compare", folder=str(tmp_path), rasters=written)
    assert set(compared) == set(written)
    wrong, wrong_pictures = {}, {}
    for case, seen in compared.items():
        # The curve of Adobe RGB is an approximation in GEGL: whatever GIMP does with such a layer
        # loses as much.
        step = 1 / 255 if " u8" in case else 1e-4
        allowed = max(step, seen["GIMP's own worst"]) + 1e-6
        if seen["worst"] > allowed or not seen["same alpha"] or not seen["same type"]:
            wrong[case] = seen, allowed
        # A window's pictures have 8 bits, and are less exact about what sRGB cannot show.
        shown = {place: seen[place] for place in ("gallery", "preview", "sketch")}
        if max(shown.values()) > 3:
            wrong_pictures[case] = shown
    assert wrong == {}
    assert wrong_pictures == {}


def paint_without_an_evaluation(folder: Path, raster: Raster) -> None:
    """Does to a picture what the engine does in a worker."""
    picture = rasters.read(folder, raster)
    result = stylize(picture, [replace(picture)], Settings(evaluations=0))
    rasters.write(result.picture, folder / raster.file, raster.sample)

"""Makes the pictures of the README, of docs/ and of the dialog anew, with the product itself.

Run with the tests' Python after `./install.sh --prepare-tests`, with NST_GIMP_ROOTFS set to a root
file system that it built (or a GIMP 3 on PATH):

    python docs/make_images.py            # all of them
    python docs/make_images.py windows    # those of GIMP's windows alone
    python docs/make_images.py styles     # the built-in styles alone: README, dialog, sketches
"""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from PIL import Image, ImageOps  # noqa: E402

import nst_core  # noqa: E402
from nst_contract.builtin_style_names import STYLES  # noqa: E402
from nst_core.builtin_styles import gallery, small_pictures  # noqa: E402
from nst_install.plugin import place  # noqa: E402
from tests.gimp.harness.headless import run as run_in_gimp  # noqa: E402
from tests.gimp.harness.locate import Gimp, find_gimps, run_gui_script  # noqa: E402
from tests.helpers.cifar import write_cifar  # noqa: E402

IMAGES = REPOSITORY / "docs" / "images"
SIZE, EVALUATIONS = 451, 300
# A picture of two megapixels, in which strokes of the right size must be four times as large.
LARGE = 1800
# The guide's pictures, which come with the plug-in, too.
GUIDE = IMAGES / "guide"
# What the dialog shows of the built-in styles: twice the size of its pictures, for good screens.
THUMBNAILS, THUMBNAIL = REPOSITORY / "gimp_plugin" / "styles", (208, 156)


def main() -> None:
    wanted = set(sys.argv[1:]) or {"styles", "painted", "windows"}
    with tempfile.TemporaryDirectory(prefix="nst-images.") as name:
        folder = Path(name)
        photograph, style = folder / "chelsea.png", folder / "swirls.png"
        data = importlib.resources.files("skimage") / "data" / photograph.name
        photograph.write_bytes(data.read_bytes())
        _python("nst_core", "styles", "swirls", "-o", style, "--size", 512)
        if "styles" in wanted:
            _make_styles(folder)
        if "painted" in wanted:
            _make_before_after(folder, photograph, style)
            _make_scales(folder, style)
            _make_backbones(folder, photograph, style)
        if "windows" in wanted:
            _make_windows(find_gimps()[0], folder, photograph, style)


def _make_styles(folder: Path) -> None:
    sheet = folder / "styles.png"
    _python("nst_core", "styles", "--sheet", sheet, "--size", 300)
    with Image.open(sheet) as image:
        image.save(IMAGES / "styles.jpg", quality=80)
    for name in STYLES:
        small = folder / f"{name}.png"
        _python("nst_core", "styles", name, "-o", small, "--size", THUMBNAIL[0])
        with Image.open(small) as image:
            middle = ImageOps.fit(image.convert("RGB"), THUMBNAIL)
            middle.save(THUMBNAILS / small.with_suffix(".jpg").name, quality=80)
        small_pictures.write(gallery.paint(name, small_pictures.SIDE))


def _make_before_after(folder: Path, photograph: Path, style: Path) -> None:
    result = folder / "result.png"
    _python("nst_core", "stylize", photograph, style, "-o", result, "--size", SIZE)
    _python("nst_install.before_after", IMAGES / "before-after.png", photograph, style, result)


def _make_scales(folder: Path, style: Path) -> None:
    """The same photograph painted at 512 pixels, and at 1800 from coarse to fine."""
    photograph = folder / "coffee.png"
    with (
        importlib.resources.as_file(
            importlib.resources.files("skimage") / "data" / photograph.name
        ) as path,
        Image.open(path) as image,
    ):
        image.resize((LARGE, LARGE * image.height // image.width)).save(photograph)
    results = [folder / "small.png", folder / "large.png"]
    for result, size in zip(results, (512, LARGE), strict=True):
        _python(
            "nst_core", "stylize", photograph, style, "-o", result,
            "--style-loss", "gram", "--size", size,
        )  # fmt: skip
    _python("nst_install.before_after", IMAGES / "scales.jpg", *results)


def _make_backbones(folder: Path, photograph: Path, style: Path) -> None:
    """The same photograph painted with VGG19, and with what nst train makes of the tests' data."""
    network = folder / "mini-vgg16.safetensors"
    data = write_cifar(folder / "data", train=60, test=10)
    _python(
        "nst_core", "train", "--data", data, "--out", network, "--epochs", 6, "--batch-size", 64
    )
    results = [folder / "vgg19.png", folder / "mini.png"]
    for result, backbone in zip(results, ("vgg19", f"mini-vgg16:{network}"), strict=True):
        _python(
            "nst_core", "stylize", photograph, style, "-o", result, "--backbone", backbone,
            "--style-loss", "gram", "--size", SIZE, "--evaluations", EVALUATIONS,
        )  # fmt: skip
    _python("nst_install.before_after", IMAGES / "backbones.jpg", photograph, *results)


def _make_windows(gimp: Gimp, folder: Path, photograph: Path, style: Path) -> None:
    scene, plug_ins = folder / "Chelsea.xcf", folder / "GIMP" / "plug-ins"
    engine = {"version": nst_core.__version__, "python": sys.executable, "repair": ""}
    place(REPOSITORY, plug_ins.parent, engine)
    run_in_gimp(
        f"""
        image = Gimp.Image.new(451, 300, Gimp.ImageBaseType.RGB)
        for path in ("{style}", "{photograph}"):
            file = Gio.File.new_for_path(path)
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file)
            image.insert_layer(layer, None, 0)
        image.set_selected_layers([layer])
        file = Gio.File.new_for_path("{scene}")
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
        """,
        gimp,
        lean=False,
    )
    shots = folder / "shots"
    shots.mkdir()
    script = Path(__file__).with_name("show_windows.py")
    run = run_gui_script(
        gimp, script, [str(plug_ins), str(scene)], binds=[REPOSITORY, folder], shots=shots
    )
    if run.returncode:
        raise RuntimeError(run.log)
    GUIDE.mkdir(exist_ok=True)
    for shot in shots.glob("*.png"):
        with Image.open(shot) as image:
            # A quarter of the size on the disk, for a little banding.
            image.convert("RGB").quantize(256).save(GUIDE / shot.name, optimize=True)


def _python(module: str, *arguments: object) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True, cwd=REPOSITORY)  # noqa: S603


if __name__ == "__main__":
    main()

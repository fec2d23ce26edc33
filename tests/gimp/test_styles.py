"""The styles one may choose, and the pictures to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


class Run(NamedTuple):
    """What several tests look at."""

    value: Any
    log: str


@pytest.fixture(scope="module")
def own_picture(shared_gimp: Bench) -> Run:
    """A layer painted in its own style, on a card that is not there, though another is named."""
    with shared_gimp.visit():
        value = shared_gimp.run("styles.own_picture_on", device="cuda:99")
        return Run(value, shared_gimp.log())


def kept(record: dict[str, Any]) -> list[Any]:
    """Returns what a painted layer knows of its style."""
    return [record[name] for name in ("style_builtin", "style_palette", "style_layer")]


def test_a_built_in_style_is_named_by_an_argument_and_kept_with_the_layer(bench: Bench) -> None:
    colourful = bench.run("styles.built_in", palette="")
    grey = bench.run("styles.built_in", palette="grey")
    assert colourful["name"] == "photo (Neural Style: Stained glass)"
    assert kept(colourful["record"]) == ["stained-glass", "", None]
    assert kept(grey["record"]) == ["stained-glass", "grey", None]
    # The palette is what it is painted with.
    assert grey["vividness"] < colourful["vividness"] / 3


def test_further_styles_may_be_of_any_kind_and_are_found_again(
    bench: Bench, pictures: Path
) -> None:
    seen = bench.run("styles.of_three_kinds", pictures=str(pictures))
    assert seen["name"] == "photo (Neural Style: style, Style, Mosaic)"
    assert seen["kept"] == ["style.png", None]
    file = str(pictures / "style.png")
    assert seen["repeated"] == ["style", file, 2.0, "mosaic", "ocean"]


def test_a_layer_comes_before_a_built_in_style_that_is_named_too(own_picture: Run) -> None:
    assert own_picture.value["name"] == "photo (Neural Style: photo)"
    assert kept(own_picture.value["record"]) == [None, "", "photo"]


def test_the_content_as_its_own_style_is_no_error(own_picture: Run) -> None:
    assert own_picture.value["layers"] == 2
    assert 'The style "photo" is the content itself' in own_picture.log


def test_a_second_graphics_card_can_be_named(own_picture: Run) -> None:
    assert own_picture.value["layers"] == 2
    assert "The device cuda:99 is not available here" in own_picture.log


def test_each_style_is_painted_where_its_layer_mask_is_white(bench: Bench) -> None:
    layer = bench.run("styles.two_with_masks")
    assert layer["name"] == "photo (Neural Style: red, blue)"
    left_red, _, left_blue = layer["left"]
    right_red, _, right_blue = layer["right"]
    assert left_red > left_blue + 40
    assert right_blue > right_red + 40


def test_painting_starts_from_a_picture_that_lies_where_its_layer_lies(
    bench: Bench, pictures: Path
) -> None:
    seen = bench.run("styles.from_a_picture", pictures=str(pictures))
    # Of the sketch, red ends and blue begins at 20.
    red, _, blue = seen["at 8"]
    assert red > 245 > 10 > blue
    red, _, blue = seen["at 32"]
    assert blue > 245 > 10 > red
    assert seen["a file is another start"]
    assert seen["a layer named for nothing"]
    status, error = seen["without a picture"]
    assert status == "CALLING_ERROR"
    assert "No picture to start from is chosen.\nGive a start layer" in error


@each_gimp  # its library for pictures, which GIMP's own window uses, too
def test_a_picture_of_a_phone_is_shown_as_gimp_opens_it(bench: Bench, pictures: Path) -> None:
    assert bench.run("styles.of_file", path=str(pictures / "phone.jpg")) == {
        "shown": '"phone.jpg" (a file), 64 x 96 px',
        "is higher": True,
        "layer": ["phone.jpg", 64, 96],
        "alike": True,
    }


def test_a_file_whose_name_is_no_utf_8_is_a_style_like_any_other(
    bench: Bench, pictures: Path, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"B\xe4ume.png")
    path.write_bytes((pictures / "style.png").read_bytes())
    seen = bench.run("styles.of_file", path=str(path))
    assert seen["shown"] == '"B\ufffdume.png" (a file), 64 x 80 px'
    assert seen["layer"] == ["B\ufffdume.png", 64, 80]
    path.write_bytes(b"no picture")
    name, message = bench.run("styles.of_no_picture", path=str(path))
    assert name == "B\ufffdume.png"
    assert "B%E4ume.png cannot be opened" in message


def test_a_file_with_nothing_to_be_seen_is_refused_and_not_kept(
    bench: Bench, tmp_path: Path
) -> None:
    seen = bench.run("styles.of_hidden_layers", path=str(tmp_path / "hidden.xcf"))
    assert "cannot be opened (none of its layers is visible)" in seen["message"]
    assert seen["images"] == 0

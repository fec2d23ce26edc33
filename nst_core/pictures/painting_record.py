"""The record in a result's file: everything needed to paint it again.

It is JSON in an XMP packet (ISO 16684-1), which PNG, JPEG, TIFF and WebP all have room for and
picture editors show. A stranger's file may hold anything there, so reading trusts nothing. Files
are recorded without their folders, which are nobody else's business.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import PurePath
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from nst_contract import __version__
from nst_contract.settings import SPECS, Settings
from nst_core.pictures import xmp
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture

# A little less than fits into the one segment that JPEG has for it; far more than we need.
MOST_BYTES = 60_000
_LONGEST_NAME = 100
_NAMESPACE = "urn:gimp-neural-style:result/"
_NAMESPACES = f' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:nst="{_NAMESPACE}"'


@dataclass(frozen=True)
class PaintingRecord:
    """How a result was painted.

    Attributes:
        version, torch: of this program and of torch.
        weights: name of the network's weights, as results report it.
        settings: value of each setting by name.
        content: ``name`` and ``sha256`` of the content, see :func:`fingerprint`.
        styles: the same for each style, with its ``weight``, ``scale`` and, if it has one, the
            fingerprint of its ``mask``. Later versions may add to these.
        mask: fingerprint of the mask for the whole picture; "" if everything was painted.
        start: as for the content, the picture that the run started from; None if there was none.
        strength_mask: fingerprint of the strength mask as it was given; "" if there was none.
        batch: checksum of all that a batch made this from; "" if no batch painted it.
    """

    version: str
    torch: str
    weights: str
    settings: dict[str, Any]
    content: dict[str, Any]
    styles: list[dict[str, Any]]
    mask: str = ""
    start: dict[str, Any] | None = None
    strength_mask: str = ""
    batch: str = ""

    @classmethod
    def of(cls, settings: Settings, weights: str, inputs: Inputs) -> PaintingRecord:
        """Returns the record of a result.

        Args:
            settings, inputs: of the result.
            weights: the name of the weights.
        """
        return cls(
            version=__version__,
            torch=torch_version(),
            weights=weights,
            settings={
                **settings.as_dict(),
                "weights": str(settings.weights_choice.without_folder()),
                "backbone": str(settings.backbone_choice.without_folder()),
            },
            content=_described(inputs.content),
            styles=[_described_style(style) for style in inputs.styles],
            mask=mask_fingerprint(inputs.mask),
            start=_described(inputs.start) if inputs.start else None,
            strength_mask=mask_fingerprint(inputs.strength_mask),
        )

    def to_xmp(self) -> bytes:
        """Returns the packet that goes into the file."""
        text = escape(json.dumps(asdict(self)))
        properties = (
            f"<xmp:CreatorTool>Neural Style for GIMP {self.version}</xmp:CreatorTool>\n"
            f"<nst:record>{text}</nst:record>\n"
        )
        return xmp.packet(properties, _NAMESPACES).encode()

    @classmethod
    def from_xmp(cls, packet: bytes) -> PaintingRecord | None:
        """Reads a packet; None if it holds no record, as in other programs' pictures.

        Raises:
            ValueError: if this program cannot have written the record.
        """
        if _NAMESPACE.encode() not in packet:
            return None
        if len(packet) > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        try:
            values = json.loads(_record_in(packet.decode()))
            known = {field.name for field in fields(cls)}
            record = cls(**{name: value for name, value in dict(values).items() if name in known})
        except (ElementTree.ParseError, TypeError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        record._check()
        return record

    def _check(self) -> None:
        """Raises ValueError unless everything has its type."""
        texts = (self.version, self.torch, self.weights, self.mask, self.strength_mask, self.batch)
        right = (
            all(isinstance(text, str) for text in texts)
            and isinstance(self.settings, dict)
            and all(isinstance(value, str | int | float) for value in self.settings.values())
            and isinstance(self.styles, list)
            and all(_is_described(picture) for picture in (self.content, *self.styles))
            and (self.start is None or _is_described(self.start))
        )
        if not right:
            raise ValueError("its values are of the wrong types")


def torch_version() -> str:
    """Returns torch's version without the seconds of importing it."""
    # Once it is loaded, its files may be gone or another version's: no picture is lost for that.
    loaded = sys.modules.get("torch")
    if loaded is not None:
        return str(loaded.__version__)
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def repeat(record: PaintingRecord, given: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Returns the settings that repeat a recorded run.

    Args:
        given: values that override the record's. A preset or a style loss among them also
            replaces the values that the record took from its own.

    Returns:
        The settings, and the names of recorded settings that this version does not know.

    Raises:
        NstError: (bad-setting) if a value is out of range.
    """
    known = {name: value for name, value in record.settings.items() if name in SPECS}
    preset, style_loss = _only(known, "preset"), _only(known, "style_loss")
    usual = Settings.from_dict({**preset, **style_loss}).as_dict()
    changed = {name: value for name, value in known.items() if value != usual[name]}
    if usual["style_loss"] != Settings.from_dict(preset).style_loss:
        changed |= style_loss
    settings = Settings.from_dict({**preset, **changed, **given})
    return settings, sorted(set(record.settings) - set(known))


def _only(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: values[name]} if name in values else {}


def mask_fingerprint(mask: Array | None) -> str:
    """Returns the SHA-256 of "WIDTH HEIGHT" and a mask's float32 samples; "" without a mask."""
    if mask is None:
        return ""
    size = f"{mask.shape[1]} {mask.shape[0]}".encode()
    return hashlib.sha256(size + bytes(mask.astype("<f4"))).hexdigest()


def _described(picture: Picture) -> dict[str, Any]:
    name = PurePath(picture.name).name[:_LONGEST_NAME]
    return {"name": name, "sha256": fingerprint(picture)}


def _described_style(style: Style) -> dict[str, Any]:
    mask = {"mask": mask_fingerprint(style.mask)} if style.mask is not None else {}
    return {**_described(style.picture), "weight": style.weight, "scale": style.scale, **mask}


def _is_described(picture: object) -> bool:
    return (
        isinstance(picture, dict)
        and all(isinstance(picture.get(name), str) for name in ("name", "sha256"))
        and all(isinstance(picture.get(name, 1.0), int | float) for name in ("weight", "scale"))
        and isinstance(picture.get("mask", ""), str)
    )


def _record_in(packet: str) -> str:
    """Returns the record's text, which another program may have rewritten in a different form.

    Raises:
        ValueError, ElementTree.ParseError: if there is none.
    """
    # XMP needs no entities of its own; without them, short XML cannot expand into long.
    if "<!DOCTYPE" in packet:
        raise ValueError("it declares entities")
    root = ElementTree.fromstring(packet.strip("\ufeff\0 \n"))  # noqa: S314 (see above)
    name = f"{{{_NAMESPACE}}}record"
    for element in root.iter():
        text = element.text if element.tag == name else element.get(name)
        if text is not None:
            return text
    raise ValueError("it is empty")

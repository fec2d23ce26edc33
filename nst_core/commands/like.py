"""``--like RESULT``: paints with the settings of an earlier result, and tells what differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_contract import __version__
from nst_contract.printable import printable
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.settings import Settings
from nst_core.pictures import picture_files
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.painting_record import (
    PaintingRecord,
    mask_fingerprint,
    repeat,
    torch_version,
)

# Names of weights that come from a file, whose name stands in them beside the file's checksum.
_OF_A_FILE = re.compile(r"mini-vgg16 \(.*(, \w+\))|.* (\(\w+, sha256 \w+\))", re.DOTALL)
_OTHERWISE = "The result may differ from it."

OnEvent = Callable[[Ready | Progress | Caution], None]


@dataclass(frozen=True)
class EarlierResult:
    """An earlier result, and the settings that paint as it was painted.

    Attributes:
        name: of its file.
        record: how it was painted.
        settings: the record's, less what was given beside it.
        unknown: names of the record's settings that this version does not have.
    """

    name: str
    record: PaintingRecord
    settings: Settings
    unknown: Sequence[str]

    @classmethod
    def read(cls, path: Path, given: Mapping[str, Any]) -> EarlierResult:
        """Reads a result.

        Args:
            path: of the picture.
            given: settings that override the record's.

        Raises:
            NstError: (bad-input) if it holds no record, (bad-setting) if a setting is out of range.
        """
        record = picture_files.read_record(path)
        return cls(path.name, record, *repeat(record, given))

    def comparing(self, inputs: Inputs, on_event: OnEvent) -> OnEvent:
        """Returns ``on_event``, which first hears how this run differs from that one."""

        def told(event: Ready | Progress | Caution) -> None:
            if isinstance(event, Ready):
                for what in self._differences(inputs, event.weights):
                    on_event(Caution(printable(what), _OTHERWISE))
            on_event(event)

        return told

    def _differences(self, inputs: Inputs, weights: str) -> Iterator[str]:
        record, styles = self.record, inputs.styles
        if (record.version, record.torch) != (__version__, torch_version()):
            yield (
                f"{self.name} was painted by nst {record.version} with torch {record.torch}; "
                f"these are {__version__} and {torch_version()}."
            )
        if self.unknown:
            yield f"{self.name} has settings that are not known here: {', '.join(self.unknown)}."
        if record.weights and _without_file(record.weights) != _without_file(weights):
            yield f"{self.name} was painted with the weights {record.weights}, not with {weights}."
        if len(record.styles) != len(styles):
            yield f"{self.name} was painted in {len(record.styles)} style(s), not {len(styles)}."
        for then, style in zip(record.styles, styles, strict=False):
            if then["sha256"] != fingerprint(style.picture):
                yield (
                    f'{self.name} was painted in the style of "{then["name"]}"; '
                    f'"{style.picture.name}" is another picture.'
                )
        if record.start and inputs.start and record.start["sha256"] != fingerprint(inputs.start):
            yield f'{self.name} was started from "{record.start["name"]}", another picture.'
        then_masks = [record.mask, record.strength_mask]
        then_masks += [then.get("mask", "") for then in record.styles]
        given = (inputs.mask, inputs.strength_mask, *(style.mask for style in styles))
        masks = [mask_fingerprint(mask) for mask in given]
        if len(masks) == len(then_masks) and masks != then_masks:
            yield f"{self.name} was painted with other masks."


def _without_file(weights: str) -> str:
    """Returns a name of weights less the name of their file: the checksum says which they are."""
    found = _OF_A_FILE.fullmatch(weights)
    return found[1] or found[2] if found else weights

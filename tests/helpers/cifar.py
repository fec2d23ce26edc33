"""A data set in exactly the format of CIFAR-100's files, with classes that tests can learn.

The files of Krizhevsky (2009) were pickled by Python 2, whose texts are bytes: so are these. A
class is a hue and a texture, ten of each; phases, colours, brightness and noise vary from picture
to picture, so that no two are alike, and all textures look the same in a mirror.
"""

from __future__ import annotations

import colorsys
import hashlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]

SIDE = 32
FOLDER = "cifar-100-python"
HUES = ("red", "orange", "yellow", "lime", "green", "teal", "blue", "violet", "purple", "pink")


def write_cifar(folder: Path, train: int, test: int, seed: int = 0) -> Path:
    """Writes train, test, meta and their SHA256SUMS into ``folder``/cifar-100-python.

    Args:
        train, test: pictures of each class.

    Returns:
        ``folder``.
    """
    inner = folder / FOLDER
    inner.mkdir(parents=True)
    random = np.random.default_rng(seed)
    dump(inner / "meta", {
        "fine_label_names": [f"{hue}_{texture}" for texture in TEXTURES for hue in HUES],
        "coarse_label_names": list(TEXTURES),
    })  # fmt: skip
    for name, count in (("train", train), ("test", test)):
        labels = random.permutation(np.repeat(np.arange(100), count))
        pictures = np.stack([picture(label, random) for label in labels])
        dump(inner / name, content(name, pictures, labels.tolist()))
    write_checksums(inner)
    return folder


def content(name: str, pictures: NDArray[np.uint8], labels: list[int]) -> dict[str, Any]:
    """Returns what a file of pictures (count, 3, 32, 32) holds."""
    return {
        "filenames": [f"made_{number:06}.png" for number in range(len(labels))],
        "batch_label": f"{name}ing batch 1 of 1",
        "fine_labels": labels,
        "coarse_labels": [label // len(HUES) for label in labels],
        "data": pictures.reshape(len(labels), -1),
    }


def write_checksums(inner: Path) -> None:
    """Does what ``sha256sum train test meta > SHA256SUMS`` does."""
    lines = (
        f"{hashlib.sha256((inner / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("train", "test", "meta")
    )
    (inner / "SHA256SUMS").write_text("".join(lines))


# Pictures -----------------------------------------------------------------------------------------


def picture(label: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Returns a picture of a class, (3, 32, 32)."""
    texture, hue = divmod(int(label), len(HUES))
    y, x = np.mgrid[0:SIDE, 0:SIDE] + random.uniform(0, SIDE, (2, 1, 1))
    share = list(TEXTURES.values())[texture](x, y, random)
    turn = hue / len(HUES) + random.normal(0, 0.012)
    color = np.array(colorsys.hsv_to_rgb(turn % 1, random.uniform(0.7, 1), random.uniform(0.7, 1)))
    ground = np.full(3, random.uniform(0.05, 0.35))
    rgb = ground + share[..., None] * (color - ground) + random.normal(0, 0.06, (SIDE, SIDE, 3))
    return np.moveaxis((rgb.clip(0, 1) * 255).astype(np.uint8), 2, 0)


def _wave(position: Field, period: float) -> Field:
    return 0.5 + 0.5 * np.sin(2 * np.pi * position / period)


def _blobs(_x: Field, _y: Field, random: np.random.Generator) -> Field:
    spectrum = np.fft.fft2(random.normal(size=(SIDE, SIDE)))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    smooth = np.fft.ifft2(spectrum * np.exp(-((frequency / 0.08) ** 2))).real
    return np.asarray(smooth > np.median(smooth), np.float64)


TEXTURES: dict[str, Callable[[Field, Field, np.random.Generator], Field]] = {
    "rows": lambda _x, y, _random: _wave(y, 10),
    "fine_rows": lambda _x, y, _random: _wave(y, 4),
    "columns": lambda x, _y, _random: _wave(x, 10),
    "fine_columns": lambda x, _y, _random: _wave(x, 4),
    "checks": lambda x, y, _random: ((x // 5 + y // 5) % 2).astype(np.float64),
    "rings": lambda x, y, _random: _wave(np.hypot(x - SIDE, y - SIDE), 7),
    "dots": lambda x, y, _random: (np.hypot(x % 9 - 4.5, y % 9 - 4.5) < 2.5).astype(np.float64),
    "grain": lambda _x, _y, random: random.uniform(size=(SIDE, SIDE)),
    "blobs": _blobs,
    "plain": lambda x, _y, random: np.full(x.shape, random.uniform(0.6, 0.9)),
}


# Files --------------------------------------------------------------------------------------------


def _save_text(pickler: Any, value: str | bytes) -> None:
    data = value.encode("latin1") if isinstance(value, str) else value
    pickler.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
    pickler.memoize(value)


def _save_named(pickler: Any, value: Any, name: str | None = None) -> None:
    module = value.__module__.replace("numpy._core", "numpy.core")
    pickler.write(pickle.GLOBAL + f"{module}\n{name or value.__qualname__}\n".encode())
    pickler.memoize(value)


class _Python2Pickler(pickle._Pickler):
    """Writes texts as Python 2 did, in bytes, and arrays by the name numpy had for them then."""

    dispatch: ClassVar[dict[type, Any]] = {
        **pickle._Pickler.dispatch,
        str: _save_text, bytes: _save_text, type: _save_named, FunctionType: _save_named,
    }  # fmt: skip


def dump(path: Path, value: Any) -> None:
    """Pickles a value as Python 2 did, by protocol 2."""
    with path.open("wb") as file:
        _Python2Pickler(file, protocol=2).dump(value)

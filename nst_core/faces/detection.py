"""Finds faces, with the cascade of classifiers that OpenCV ships.

P. Viola and M. Jones, "Rapid object detection using a boosted cascade of simple features", CVPR
2001. It knows upright faces seen from the front. OpenCV is loaded only when it is needed.
"""

from __future__ import annotations

import contextlib
import importlib
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message
from nst_contract.platforms import installer
from nst_contract.settings import FACES, NEIGHBORS, NOTHING, Settings
from nst_core.pictures.picture import Picture, shown

# Of the cascades for faces, the one that misses least without seeing any where there are none (see
# docs/performance.md).
_CASCADE = "haarcascade_frontalface_alt2.xml"
# Long side, in pixels, of the picture that is searched.
SIDE = 1024
# Of the short side: what is smaller is a few strokes wide, and seldom a face at all.
_SMALLEST = 1 / 16
# The cascade was trained on pictures this large, in pixels.
_WINDOW = 20
# How many neighbouring windows must agree, and the ratio of one size to the next: OpenCV's usual
# number, and its finest usual step.
_NEIGHBORS, _STEP = 5, 1.1


class Face(NamedTuple):
    """Where a face is, from the brows to the chin.

    Attributes:
        x, y: of its left upper corner, as parts of the picture's width and height, 0..1.
        width, height: likewise.
    """

    x: float
    y: float
    width: float
    height: float


# What is found in pictures that are still in use: a photograph may be painted several times.
_FOUND: weakref.WeakKeyDictionary[Picture, Future[list[Face]]] = weakref.WeakKeyDictionary()
_SEARCH = ThreadPoolExecutor(1, "faces")


def are_looked_for(settings: Settings) -> bool:
    """Tells whether a run looks for faces, and may have a strength mask of its own making."""
    return settings.style_loss == NEIGHBORS and settings.protect != NOTHING


def check(settings: Settings) -> None:
    """Makes sure that faces can be protected, if they are to be.

    Raises:
        NstError: (bad-setting) if the style loss knows no places, or OpenCV is not there.
    """
    if are_looked_for(settings):
        _opencv()
    elif settings.protect == FACES:
        raise NstError(
            BAD_SETTING,
            Message(
                "protect is {protect!r}, but style_loss is {style_loss!r}, whose strength "
                "is the same everywhere.",
                protect=settings.protect,
                style_loss=settings.style_loss,
            ),
            Message(
                "Choose the style loss {loss} (Place by place), or protect nothing.", loss=NEIGHBORS
            ),
        )


def begin(picture: Picture) -> None:
    """Begins to look for the faces in a picture, and returns at once: :func:`find` waits less.

    It takes one core a third of a second, in which others load torch.
    """
    if picture not in _FOUND:
        _FOUND[picture] = _SEARCH.submit(_found, picture)


def find(picture: Picture) -> list[Face]:
    """Returns the faces in a picture, largest first; the same ones each time.

    Raises:
        NstError: (bad-setting) if OpenCV is not there.
    """
    begin(picture)
    return _FOUND[picture].result()


def _found(picture: Picture) -> list[Face]:
    cv2 = _opencv()
    grey = cv2.equalizeHist(cv2.cvtColor(_small(picture), cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    smallest = max(_WINDOW, round(_SMALLEST * min(height, width)))
    cascade = _cascade(cv2)
    with _single_thread(cv2):
        found = cascade.detectMultiScale(grey, _STEP, _NEIGHBORS, minSize=(smallest, smallest))
    boxes = sorted((tuple(map(int, box)) for box in found), key=lambda box: (-box[2], box))
    return [Face(x / width, y / height, w / width, h / height) for x, y, w, h in boxes]


def _cascade(cv2: Any) -> Any:
    # Read here: on Windows, OpenCV opens no file in a folder whose name has letters outside ASCII.
    text = (Path(cv2.data.haarcascades) / _CASCADE).read_text(encoding="ascii")
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade = cv2.CascadeClassifier()
    cascade.read(storage.getFirstTopLevelNode())
    return cascade


def _small(picture: Picture) -> NDArray[np.uint8]:
    """Returns the picture as (height, width, 3), 0..255, no larger than what is searched."""
    rgb = shown(picture)
    factor = min(1.0, SIDE / max(picture.width, picture.height))
    if factor < 1:
        width, height = (max(1, round(side * factor)) for side in (picture.width, picture.height))
        # By Pillow, not by torch, which need not be there yet.
        colors = [Image.fromarray(rgb[..., color]) for color in range(3)]
        smaller = [color.resize((width, height), Image.Resampling.BICUBIC) for color in colors]
        rgb = np.dstack([np.asarray(color) for color in smaller]).clip(0, 1)
    samples: NDArray[np.uint8] = np.rint(rgb * 255).astype(np.uint8)
    return samples


@contextlib.contextmanager
def _single_thread(cv2: Any) -> Iterator[None]:
    """Lets OpenCV work in one thread: several find windows in an order that is never the same."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _opencv() -> Any:
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError as error:
        raise _missing(
            Message("Faces are to be protected, but OpenCV, which finds them, is not installed.")
        ) from error
    # OpenCV 5 has neither the cascades nor the files they are in.
    if not hasattr(cv2, "CascadeClassifier"):
        raise _missing(
            Message(
                "Faces are to be protected, but OpenCV {version} does not find them: OpenCV 4 "
                "does.",
                version=cv2.__version__,
            )
        )
    return cv2


def _missing(what: Message) -> NstError:
    advice = Message("Run {installer} again, or protect nothing.", installer=installer.SCRIPT)
    return NstError(BAD_SETTING, what, advice)

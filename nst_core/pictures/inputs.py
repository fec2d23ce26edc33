"""The pictures of a run, and what goes with each of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution
from nst_contract.settings import NEIGHBORS, SPECS, Settings
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.picture import Array, Picture


@dataclass(frozen=True, eq=False)
class Style:
    """A painting, and how it takes part.

    Attributes:
        picture: the painting. Its alpha says how much each pixel counts.
        weight: relative to the other styles where there are several; with 0 it takes no part.
        scale: size of its strokes, times that of the settings; in the range of ``style_scale``.
        mask: where it is painted, (height, width), 0..1, stretched to the content; None for
            wherever the masks of the other styles leave room.
    """

    picture: Picture
    weight: float = 1.0
    scale: float = 1.0
    mask: Array | None = None

    def __post_init__(self) -> None:
        called = self.picture.called("style")
        if not 0 <= self.weight < math.inf:
            raise NstError(
                BAD_SETTING,
                Message("{called} has weight {weight}.", called=called, weight=self.weight),
                Message("Give a weight of 0 or more."),
            )
        spec = SPECS["style_scale"]
        if not spec.low <= self.scale <= spec.high:
            raise NstError(
                BAD_SETTING,
                Message(
                    "{called} has scale {scale}, which is out of range.",
                    called=called,
                    scale=self.scale,
                ),
                Message("Choose a value from {low:g} to {high:g}.", low=spec.low, high=spec.high),
            )
        if self.mask is not None and not self.mask.any():
            raise NstError(
                BAD_INPUT,
                Message(
                    "{called} has a mask that is black everywhere, so this style would not be "
                    "painted anywhere.",
                    called=called,
                ),
                Message("Paint the mask white where you want the style, or leave the mask out."),
            )


@dataclass(frozen=True, eq=False)
class Inputs:
    """All pictures of a run.

    Attributes:
        content: the photograph.
        styles: one or more.
        mask: where to paint, (height, width), 0..1, stretched to the content; elsewhere the
            photograph stays as it is. None for everywhere.
        start: the picture to start from, if the settings say so; stretched to the content.
        strength_mask: how far each place is painted, (height, width), 0 (photograph) to 1 (full),
            stretched to the content; part of the objective, with the style loss neighbors alone.
            None for full strength everywhere.
        of_masks: what the user should know of how the masks were read.
    """

    content: Picture
    styles: Sequence[Style]
    mask: Array | None = None
    start: Picture | None = None
    strength_mask: Array | None = None
    of_masks: Sequence[Caution] = ()

    def check(self, settings: Settings) -> None:
        """Makes sure that there is something to paint, and a style to paint it in.

        Raises:
            NstError: (bad-input) or (bad-setting) if not.
        """
        check_count(self.styles)
        if not any(style.weight for style in self.styles):
            raise NstError(
                BAD_SETTING,
                Message("All styles have weight 0."),
                Message("Give one of them a weight above 0."),
            )
        self.content.check_visible("content")
        for style in self.styles:
            style.picture.check_visible("style")
        if self.mask is not None and not self.mask.any():
            raise NstError(
                BAD_INPUT,
                Message("The mask is black everywhere: there is nothing to paint."),
                Message("Paint it white where you want the picture to be painted."),
            )
        if settings.start == "picture" and self.start is None:
            raise NstError(
                BAD_INPUT,
                Message("No picture to start from is given."),
                Message("Give one, or choose another start."),
            )
        if self.strength_mask is not None and settings.style_loss != NEIGHBORS:
            raise NstError(
                BAD_SETTING,
                Message(
                    "A strength mask is given, but style_loss is {style_loss!r}, whose strength "
                    "is the same everywhere.",
                    style_loss=settings.style_loss,
                ),
                Message(
                    "Choose the style loss {loss}, or leave the strength mask out.",
                    loss=NEIGHBORS,
                ),
            )

    def active(self) -> Inputs:
        """Returns these inputs without the styles that take no part."""
        return replace(self, styles=[style for style in self.styles if style.weight])

    @property
    def masks(self) -> int:
        """How many masks there are; an alpha channel counts as one too."""
        pictures = [self.content, *(style.picture for style in self.styles)]
        masks = [self.mask, self.strength_mask, *(style.mask for style in self.styles)]
        masks += [picture.alpha for picture in pictures]
        return sum(mask is not None for mask in masks)

    def cautions(self) -> Iterator[Caution]:
        """Yields what the user should know about these pictures, although they can be painted."""
        pictures = [self.content, *(style.picture for style in self.styles)]
        pictures += [self.start] if self.start else []
        yield from dict.fromkeys(
            (*(caution for picture in pictures for caution in picture.cautions), *self.of_masks)
        )
        for style in self.active().styles:
            if _is_same(style.picture, self.content):
                yield Caution(
                    Message(
                        "{called} is the content itself, so the result will look like the "
                        "photograph.",
                        called=style.picture.called("style"),
                    ),
                    Message("Choose another picture as the style."),
                )
            if style.picture.is_flat:
                yield Caution(
                    Message(
                        "{called} has one colour throughout, so there are no strokes to take "
                        "from it.",
                        called=style.picture.called("style"),
                    ),
                    Message("Choose a picture that shows something as the style."),
                )

    def fingerprint(self) -> str:
        """Returns a checksum of everything in here except names."""
        digest = hashlib.sha256()
        pictures = [self.content, *(style.picture for style in self.styles)]
        pictures += [self.start] if self.start else []
        arrays = [samples for picture in pictures for samples in (picture.rgb, picture.alpha)]
        arrays += [self.mask, self.strength_mask, *(style.mask for style in self.styles)]
        for samples in arrays:
            digest.update(repr(None if samples is None else samples.shape).encode())
            if samples is not None:
                digest.update(np.ascontiguousarray(samples).tobytes())
        digest.update(repr([(style.weight, style.scale) for style in self.styles]).encode())
        return digest.hexdigest()


def _is_same(one: Picture, other: Picture) -> bool:
    # Either may have been shrunk, and each by a factor of its own.
    if one.sha256 or other.sha256:
        return fingerprint(one) == fingerprint(other)
    return np.array_equal(one.rgb, other.rgb)


def check_count(styles: Sequence[object]) -> None:
    """Makes sure that there is a style at all.

    Raises:
        NstError: (bad-input) if not.
    """
    if not styles:
        raise NstError(
            BAD_INPUT,
            Message("No style is given."),
            Message("Choose a picture to take the style from."),
        )

"""How to compute a picture in the available memory: whole or in tiles, with how much history."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from nst_contract.errors import MEMORY, NstError
from nst_contract.messages import Message
from nst_contract.platforms import machine
from nst_contract.settings import NEIGHBORS, Settings
from nst_contract.vgg_layers import channels, stride
from nst_core.neighbors.columns import PLACE
from nst_core.neighbors.orientations import ORIENTATIONS
from nst_core.neighbors.strength import strength_of
from nst_core.networks import machine_memory
from nst_core.networks.device import OWN_MEMORY, Placement, own_memory
from nst_core.objective.local_term import margins_of
from nst_core.pictures.picture import Size
from nst_core.pictures.tile_margins import ALIGNMENT, Margins, spans

GIB, SHARE = machine_memory.GIB, machine_memory.SHARE
_TILE_SIDES = (2048, 1024, 768, 512, 384, 256, 192, 128)
# How many pairs L-BFGS may remember, and the factor by which the same loss then takes more
# evaluations (docs/performance.md). The published method remembers 100.
_HISTORIES = {100: 1.0, 50: 1.02, 20: 1.1, 10: 1.2, 5: 1.3}
# Peak resident set, in bytes per pixel (docs/performance.md): with all maps up to relu5_1 and what
# their gradient needs, and with the few largest maps that a pass without gradient holds at a time.
_BYTES = {"float32": (3000, 1400), "bfloat16": (2200, 900)}
# What torch and the weights take before there is any picture. On CPUs without fast bfloat16 the
# weights are kept in the form transformed by nst_core.networks.winograd, whatever the precision.
PROCESS_BYTES = 750 * 10**6
_SAMPLE_BYTES = {"float32": 4, "bfloat16": 2}
# Each style layer may need a float32 copy for the sums and their gradient, and with masks another
# one. The first copies of the published layers are included in the peaks above.
_STYLE_BYTES = 488
# With neighbours, how often there are columns of a picture at a time, in float32: of the one that
# is evaluated, for each region (columns and their targets, measured); of the one that is matched
# (its maps, columns and directions); and of the styles meanwhile, beside what is kept of them.
_EVALUATED, _MATCHED, _MATCHED_STYLES = 2, 3, 2
# Similarities of the sample that prices are found on, and of the places that are compared.
_MATCHING_BYTES = 250 * 10**6
# What torch keeps for tiles of different sizes: kernels prepared for each, and blocks of memory.
_TILING_BYTES = 200 * 10**6
# What a process keeps of what it has freed (nst_contract.platforms.machine), if it may: a part of
# what comes and goes beyond so many bytes (measured).
_KEPT_PART, _KEPT_BEYOND = 3, 250 * 10**6
# How many pictures of three float32 samples per pixel a run holds besides the pairs: the content,
# the start, the best so far, the one being evaluated, its gradient, and L-BFGS's working copies
# (measured: 4000 x 3000 pixels with 5 pairs took 6.07 GiB).
_PICTURES = 15


@dataclass(frozen=True)
class ScalePlan:
    """The choice of :func:`plan_scale`.

    Attributes:
        tile: width and height of a tile in pixels, without its margin; None for no tiles.
        history: how many pairs L-BFGS remembers, in float32; 0 with Adam.
        needs: forecast of the memory, in bytes.
        work: of one evaluation, relative to evaluating the whole picture at once; below 1 where
            several workers share it.
        block: width and height of a block at most, in pixels, where blocks are optimised on their
            own; else None.
    """

    tile: Size | None
    history: int
    needs: int
    work: float
    block: Size | None = None


@dataclass(frozen=True)
class Costs:
    """What computing needs.

    Attributes:
        gradient, forward: bytes per pixel computed at a time, with and without gradient.
        lasting: bytes per pixel of the picture, throughout the run, apart from the history.
        process: bytes taken before anything is computed.
        margins: of tiles.
        histories: how many pairs L-BFGS may remember; with Adam there are none.
        places: with neighbours, bytes per pixel of columns in float32; otherwise 0.
        kept_places: bytes per pixel of the styles, all through the run.
        orientations: how often each style is looked at, in one orientation after another.
    """

    gradient: int
    forward: int
    lasting: int
    process: int
    margins: Margins
    histories: Sequence[int]
    places: int
    kept_places: int
    orientations: int

    @classmethod
    def of(
        cls, precision: str, settings: Settings, masks: int, styles: int, pictures: int = 0
    ) -> Costs:
        is_matched = settings.style_loss == NEIGHBORS
        content = settings.content_layer_weights
        style = settings.style_layer_weights
        sample = _SAMPLE_BYTES[precision]
        gradient, forward = _BYTES[precision]
        copies = sum(_map_bytes(layer, 4) for layer in style)
        more = max(0, copies - _STYLE_BYTES) + (copies if masks else 0)
        places = sum(channels(layer) for layer in style) * 4 // PLACE**2 if is_matched else 0
        regions = min(styles, masks + 1)
        # Where the content's maps would be, a place has a number of 8 bytes and a weight.
        kept = regions if is_matched else sum(_map_bytes(layer, sample) for layer in content)
        strength = strength_of(settings)
        if is_matched and (strength.painting < 1 or strength.kept):
            # Each place has aims of its own.
            kept += regions * places * sample // 4
        return cls(
            gradient + more + regions * _EVALUATED * places,
            forward,
            12 * (_PICTURES + masks) + kept,
            PROCESS_BYTES + pictures,
            margins_of(settings),
            [0] if settings.optimizer == "adam" else list(_HISTORIES),
            places,
            places * sample // 4,
            len(ORIENTATIONS[settings.orientations]) if is_matched else 1,
        )

    def matching(self, content: Size, styles: Sequence[Size]) -> int:
        """Returns the bytes that choosing places takes for a while; 0 where none are chosen."""
        if not self.places:
            return 0
        of_styles = _MATCHED_STYLES * self.orientations * sum(map(pixels_of, styles))
        return _MATCHING_BYTES + self.places * (_MATCHED * pixels_of(content) + of_styles)


def kept_free(placement: Placement, passing: int) -> int:
    """Returns how much of the memory that comes and goes the process keeps, in bytes."""
    if placement.has_own_memory:
        return 0
    return min(machine.kept_memory(), max(0, passing - _KEPT_BEYOND) // _KEPT_PART)


def _map_bytes(layer: str, sample: int) -> int:
    """Returns the bytes per pixel of the picture that a layer's feature maps take."""
    return channels(layer) * sample // stride(layer) ** 2


def plan_scale(
    placement: Placement,
    content: Size,
    styles: Sequence[Size],
    budget: int,
    workers: int = 1,
    settings: Settings | None = None,
    masks: int = 0,
    kept: int = 0,
) -> ScalePlan:
    """Chooses the fastest way to compute that stays within the budget.

    Args:
        placement: where to compute, and in which precision.
        content, styles: sizes at which the network sees them, in pixels.
        budget: how many bytes may be used.
        workers: how many devices and processes the tiles can be spread over.
        settings: decides which layers are in use; the default ones if None.
        masks: how many there are; each takes as much memory as another picture.
        kept: bytes that the pictures themselves take meanwhile, in their own size.

    Raises:
        TooLarge: if even the smallest tiles need more.
    """
    costs = Costs.of(placement.precision, settings or Settings(), masks, len(styles), kept)
    plans = list(_plans(placement, costs, content, styles, workers))
    fitting = [plan for plan in plans if plan.needs <= budget]
    if fitting:
        return min(fitting, key=lambda plan: plan.work * _HISTORIES.get(plan.history, 1.0))

    raise TooLarge(min(plan.needs for plan in plans), budget)


def budget_for(device: torch.device, gib: float, processes: int = 1) -> int:
    """Returns how many bytes each process may use.

    Args:
        device: where it computes.
        gib: the requested amount, in GiB, of which no more counts than control groups and
            ``ulimit`` allow; 0 for a share of what is free.
        processes: how many processes share the machine's memory.
    """
    if gib and device.type in OWN_MEMORY:
        return int(gib * GIB)
    if gib:
        return machine_memory.budget(gib, processes)
    return int(SHARE * free_memory(device) / processes)


def free_memory(device: torch.device) -> int:
    """Returns how many bytes are currently free on the device, within the limits of the process."""
    if device.type in OWN_MEMORY:
        return own_memory(device)
    return machine_memory.free()


def with_room(placement: Placement, needs: int) -> Placement:
    """Returns a placement without those of its devices, beyond the first, that lack the memory.

    Args:
        placement: where to compute.
        needs: how many bytes it takes on each device.
    """
    if not placement.has_own_memory:
        return placement
    first, *others = placement.devices
    free = {device: free_memory(device) for device in others}
    unused = (
        Message(
            "The device {name} is not used: only {free:.2f} GiB of its memory are free.",
            name=device,
            free=room / GIB,
        )
        for device, room in free.items()
        if room < needs
    )
    devices = first, *(device for device in others if free[device] >= needs)
    return replace(placement, devices=devices, cautions=(*placement.cautions, *unused))


class TooLarge(NstError):
    """A picture that needs more memory than may be used.

    Args:
        least: how many bytes it needs at least.
        budget: how many may be used.
        size: the largest long side, in pixels, that needs no more; 0 if none is known.
    """

    def __init__(self, least: int, budget: int, size: int = 0) -> None:
        super().__init__(
            MEMORY,
            Message(
                "This picture needs at least {least:.2f} GiB of memory at this size, but "
                "only {budget:.2f} GiB may be used.",
                least=least / GIB,
                budget=budget / GIB,
            ),
            Message(
                "Choose a size of {size} pixels or less, or close other programs.",
                size=size,
            )
            if size
            else Message("Close other programs, or allow more memory."),
        )
        self.least = least
        self._budget = budget

    def with_size(self, size: int) -> TooLarge:
        """Returns the same error with a size that helps."""
        return TooLarge(self.least, self._budget, size)


def pixels_of(size: Size) -> int:
    return size[0] * size[1]


def _plans(
    placement: Placement,
    costs: Costs,
    content: Size,
    styles: Sequence[Size],
    workers: int = 1,
) -> Iterator[ScalePlan]:
    """Yields every way to compute."""
    pixels, of_styles = pixels_of(content), costs.orientations * sum(map(pixels_of, styles))
    margins = costs.margins
    for tile, history in itertools.product(_tiles(content, workers), costs.histories):
        lasting = pixels * (12 * 2 * history + costs.lasting) + of_styles * costs.kept_places
        passing = max(
            costs.matching(content, styles),
            costs.gradient * _tile_pixels(content, tile, margins.gradient),
            *(costs.forward * _tile_pixels(style, tile, margins.feature) for style in styles),
        )
        needs = costs.process + (_TILING_BYTES if tile else 0) + lasting
        needs += passing + kept_free(placement, passing)
        yield ScalePlan(tile, history, needs, _work(content, tile, workers, margins))


def _tiles(size: Size, workers: int) -> Iterator[Size | None]:
    """Yields the ways to cut a picture, the whole one first."""
    yield None
    if workers > 1:
        # One strip for each worker, across the long side, which gives the smallest margins.
        strip = _aligned(-(-max(size) // workers))
        yield (strip, _aligned(size[1])) if size[0] >= size[1] else (_aligned(size[0]), strip)
    for side in _TILE_SIDES:
        yield side, side


def _aligned(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT


def _tile_pixels(size: Size, tile: Size | None, margin: int) -> int:
    """Returns the number of pixels in the largest tile, including its margin."""
    if tile is None:
        return size[0] * size[1]
    width, height = (
        max(_with_margin(side, part, margin)) for side, part in zip(size, tile, strict=True)
    )
    return width * height


def _work(size: Size, tile: Size | None, workers: int, margins: Margins) -> float:
    """Returns the work of an evaluation in tiles, relative to the whole picture at once.

    A third of the work is the forward pass, which tiles take twice unless each worker has only
    one tile.
    """
    if tile is None:
        return 1.0
    whole = size[0] * size[1]
    tiles = -(-size[0] // tile[0]) * -(-size[1] // tile[1])
    largest_share = -(-tiles // workers)
    if largest_share == 1:
        return _tile_pixels(size, tile, margins.gradient) / whole
    first, second = (
        _looked_at(size, tile, margin) for margin in (margins.feature, margins.gradient)
    )
    return (first / 3 + second) / whole * largest_share / tiles


def _looked_at(size: Size, tile: Size, margin: int) -> int:
    """Returns the number of pixels in all tiles, including their margins."""
    width, height = (
        sum(_with_margin(side, part, margin)) for side, part in zip(size, tile, strict=True)
    )
    return width * height


def _with_margin(side: int, part: int, margin: int) -> list[int]:
    """Returns the lengths of the parts that a side is cut into, including their margins."""
    return [span.outer[1] - span.outer[0] for span in spans(side, part, margin)]

"""The memory that the pictures of a run take in their own size, beside what is computed of them."""

from __future__ import annotations

from nst_contract.errors import MEMORY, NstError
from nst_contract.messages import Message
from nst_contract.settings import Settings
from nst_core.networks.machine_memory import GIB
from nst_core.pictures.inputs import Inputs
from nst_core.run.fit_to_memory import PROCESS_BYTES

# Peak resident set, in bytes per pixel of the content, while the result is brought to its size and
# into its colours, beside the content itself (measured on 12 megapixels).
_FINISHING = {"style": 37, "linear": 37, "luminance": 67, "histogram": 55}
_BLENDING = 6
_MASK_BYTES = 4


def kept(inputs: Inputs, masks: int | None = None) -> int:
    """Returns how many bytes the pictures and masks take all through a run.

    Args:
        inputs: all of them; such as take up no memory count as others of their size.
        masks: how many to count; None for as many as there are.
    """
    pictures = [inputs.content, *(style.picture for style in inputs.styles)]
    pictures += [inputs.start] if inputs.start else []
    arrays = [picture.rgb for picture in pictures]
    arrays += [picture.alpha for picture in pictures if picture.alpha is not None]
    given = [inputs.mask, inputs.strength_mask, *(style.mask for style in inputs.styles)]
    arrays += [mask for mask in given if mask is not None]
    unseen = max(0, (masks or 0) - inputs.masks) * _MASK_BYTES
    return sum(array.nbytes for array in arrays) + unseen * _pixels(inputs)


def finishing(inputs: Inputs, settings: Settings, masks: int | None = None) -> int:
    """Returns how many bytes a run takes at its end, when the result gets its size and colours."""
    color = settings.color if settings.color_strength else "style"
    blending = _BLENDING if (inputs.masks if masks is None else masks) else 0
    each = _FINISHING[color] + blending
    return PROCESS_BYTES + kept(inputs, masks) + each * _pixels(inputs)


def check(inputs: Inputs, needs: int, budget: int) -> None:
    """Makes sure, before it is painted, that the result can be finished.

    Raises:
        NstError: (memory) if there is not enough memory for it.
    """
    if needs <= budget:
        return
    content = inputs.content
    raise NstError(
        MEMORY,
        Message(
            "A result of {width} x {height} pixels needs {needs:.2f} GiB of memory, but "
            "only {budget:.2f} GiB may be used.",
            width=content.width,
            height=content.height,
            needs=needs / GIB,
            budget=budget / GIB,
        ),
        Message("Make a smaller copy of the photograph, or allow more memory."),
    )


def _pixels(inputs: Inputs) -> int:
    return inputs.content.width * inputs.content.height

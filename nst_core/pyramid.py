"""At which size the picture is painted. For now one scale; coarser ones will come before it."""

from __future__ import annotations

from nst_core.errors import BAD_INPUT, NstError
from nst_core.settings import DEFAULT_MAX_SIZE, MIN_SIDE, Settings

Size = tuple[int, int]


def content_size(own: Size, settings: Settings, name: str = "The content") -> Size:
    """Returns width and height at which the content is painted.

    Args:
        own: the content's width and height.
        settings: ``size`` is the wanted long side; 0 takes the content's own up to a limit.
        name: what the picture is called, for the message.

    Raises:
        NstError: (bad-input) if the content has a side that the network cannot see.
    """
    if min(own) < MIN_SIDE:
        raise NstError(
            BAD_INPUT,
            f"{name} is {own[0]} x {own[1]} pixels, too small for the network.",
            f"Take or scale up a picture with at least {MIN_SIDE} pixels on each side.",
        )
    return _fit(own, settings.size or min(max(own), DEFAULT_MAX_SIZE))


def style_size(own: Size, content: Size, settings: Settings) -> Size:
    """Returns width and height at which a style is looked at.

    Args:
        own: the style's width and height.
        content: the size at which the content is painted.
        settings: ``style_scale`` 1 gives the style the content's long side, but for a content so
            narrow that it had to stay larger than asked for: the style follows what was asked.
    """
    long_side = min(max(content), settings.size or DEFAULT_MAX_SIZE)
    return _fit(own, round(long_side * settings.style_scale))


def _fit(own: Size, long_side: int) -> Size:
    # A long and narrow picture stays larger than asked for rather than losing its short side.
    scale = max(long_side / max(own), MIN_SIDE / min(own))
    width, height = (max(MIN_SIDE, round(side * scale)) for side in own)
    return width, height

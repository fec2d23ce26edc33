"""Which arguments name the styles of a run. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StyleArguments:
    """The arguments of one style: a layer, or else a file, or else a built-in style.

    Attributes:
        layer, file, builtin, palette: names of the arguments.
        weight: likewise, against the first style; None for that one itself.
    """

    layer: str
    file: str
    builtin: str
    palette: str
    weight: str | None = None


FIRST = StyleArguments("style-layer", "style-file", "style-builtin", "style-palette")
MORE = tuple(
    StyleArguments(
        f"{name}-style", f"{name}-file", f"{name}-builtin", f"{name}-palette", f"{name}-weight"
    )
    for name in ("second", "third")
)
ALL = (FIRST, *MORE)

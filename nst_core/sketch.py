"""The library's sketches: small pictures of what :func:`nst_core.stylize.stylize` would give."""

from nst_core.run.sketcher import OnPicture, Sketcher

__all__ = ["OnPicture", "Sketcher"]

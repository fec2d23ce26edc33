"""Neural style transfer after Gatys, Ecker and Bethge (CVPR 2016).

The library's public function is :func:`nst_core.stylize.stylize`. This module, ``errors``,
``settings`` and ``protocol`` need the standard library alone: the GIMP plug-in carries a copy of
them, so that both sides of the pipe read the same file.
"""

__version__ = "0.1.0"

"""The installer: everything that ``install.sh`` does, in Python's standard library alone.

``python -m nst_install --help`` is the way in; :mod:`nst_install.install` tells the story. The
engine's doctor uses this package as well, to find GIMP's folders and what was put there.
"""

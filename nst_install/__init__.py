"""The installer: everything that ``install.sh`` does, using only Python's standard library.

``python -m nst_install --help`` is the way in, and :mod:`nst_install.install` the main story. The
engine's doctor also uses this package, to find GIMP's folders and what was installed there.
"""

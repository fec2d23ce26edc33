"""The engine as the plug-in sees it: a process to start, ask, follow and stop.

Standard library only, so that all of it is tested without GIMP. Pixels and layers are
:mod:`nst_gimp.image`'s.
"""

#!/usr/bin/env python3
"""Registers Neural Style with GIMP. All it does is in the package nst_gimp beside it."""

import sys

import gi

for name in ("Gdk", "Gimp", "GimpUi", "Gtk"):
    gi.require_version(name, "3.0")
from gi.repository import Gimp  # noqa: E402 (the versions must be named first)
from nst_gimp.procedure.registration import NeuralStyle  # noqa: E402

Gimp.main(NeuralStyle.__gtype__, sys.argv)

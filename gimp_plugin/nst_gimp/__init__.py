"""The GIMP plug-in. It runs in GIMP's Python and uses the standard library and gi alone."""

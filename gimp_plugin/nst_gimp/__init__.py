"""The GIMP plug-in: standard library and gi only, since it runs in GIMP's own Python."""

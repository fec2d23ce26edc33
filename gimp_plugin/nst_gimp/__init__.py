"""The GIMP plug-in, in packages. It uses the standard library and gi only: it runs in GIMP's Python."""

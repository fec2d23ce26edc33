"""Runs a real GIMP 3 for the tests; see README.md in this folder."""

"""Masks: where in the picture which style is painted, and where nothing is.

How masks share a place, and what becomes of them at a layer of the network, belongs here. Reading
them from files or layers does not.
"""

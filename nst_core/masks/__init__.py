"""Masks: where each style is painted in the picture, and where nothing is.

How masks share a pixel, and how they carry over to the network's layers, belongs here. Reading
them from files or from GIMP's layers does not.
"""

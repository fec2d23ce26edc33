"""Layers, masks, selections and their pixels, on their way to the engine and back.

What touches GIMP's images belongs here. It opens no windows.
"""

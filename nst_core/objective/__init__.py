"""The function that is minimised: content and style losses, bounds, masks, smoothness.

Its value and gradient at a picture belong here, computed whole or in tiles. Whatever changes a
picture to make the value smaller belongs in :mod:`nst_core.optim`.
"""

"""The function that is minimised: content and style losses, bounds, masks, smoothness.

Values and gradients of pictures belong here, whole or in tiles. Whatever changes a picture to make
the value smaller is :mod:`nst_core.optim`'s.
"""

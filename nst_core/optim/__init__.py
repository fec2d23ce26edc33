"""Optimisers of a picture: L-BFGS and Adam, and the basis in which L-BFGS sees the pixels.

All they know about an objective is that it can be evaluated.
"""

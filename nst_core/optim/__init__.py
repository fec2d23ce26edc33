"""Optimisers of a picture: L-BFGS and Adam, and the basis in which L-BFGS sees the pixels.

They know objectives as something to evaluate and nothing else.
"""

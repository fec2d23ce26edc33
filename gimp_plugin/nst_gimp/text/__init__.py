"""Texts in the user's language, and amounts as people say them. Standard library only.

Wording that several windows share belongs here; a window's own texts stand in the window.
"""

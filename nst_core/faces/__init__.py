"""Faces in the content, and how they are kept from being painted in full.

Finding them and making a strength mask of them belongs here. What the strength does to a picture
is the objective's business.
"""

"""From coarse to fine: the sizes at which a picture is painted, and its inputs at each of them.

What depends only on the size belongs here. Going from one scale to the next, with the optimiser
and its counts, belongs in :mod:`nst_core.run`.
"""

"""From coarse to fine: at which sizes a picture is painted, and its inputs at each of them.

What depends on the size alone belongs here. Going from one scale to the next, with the optimiser
and its counts, is :mod:`nst_core.run`'s.
"""

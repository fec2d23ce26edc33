"""Pictures in memory and in files: colours, alpha, profiles, and how a result was painted.

Reading, writing and holding pictures belongs here, as does what makes them the inputs of a run.
What is done to their colours is :mod:`nst_core.colors`'s; their sizes are
:mod:`nst_core.scales`'s.
"""

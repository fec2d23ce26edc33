"""Pictures in memory and in files: colours, alpha, profiles, and how a result was painted.

Reading, writing and holding pictures belongs here, as does combining them into the inputs of a
run. Changing their colours belongs in :mod:`nst_core.colors`, choosing their sizes in
:mod:`nst_core.scales`.
"""

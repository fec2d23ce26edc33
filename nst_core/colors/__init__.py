"""Whose colours a result has: colour transfer between pictures, and CIELAB.

Maps from colours to colours belong here. Colours as a loss, or as bounds for the optimiser, belong
in :mod:`nst_core.objective`.
"""

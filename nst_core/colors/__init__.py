"""Whose colours a result has: transfer of colours between pictures, and CIELAB.

Maps from colours to colours belong here. Colours as a loss, or as bounds of the optimiser, are
:mod:`nst_core.objective`'s.
"""

"""The procedures that GIMP registers and calls, and what happens then, from first to last.

They put the other packages together, and are imported by none of them.
"""

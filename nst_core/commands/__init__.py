"""The commands of ``nst``: each module adds its options to a parser and runs with them.

Nothing heavy is imported before a command runs, so that ``--help`` and wrong calls answer at once.
"""

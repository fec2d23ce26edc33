"""What a user keeps from one session to the next: results of the past, and presets of their own.

Standard library only. Each of them is a file of its own, so that GIMPs that run side by side never
overwrite each other's, and a damaged one costs no other; docs/saved-files.md describes them.
"""

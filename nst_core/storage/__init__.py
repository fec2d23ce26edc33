"""Files that are complete or not there at all: atomic writing, files of tensors, downloads.

What every file needs, whatever is in it, belongs here. The formats of pictures, weights and
checkpoints belong in the packages that know what they hold.
"""

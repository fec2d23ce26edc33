"""Files whole or not at all: atomic writing, files of tensors, downloads.

What every file needs belongs here, whatever is in it. The formats of pictures, weights and
checkpoints are the business of the packages that know what they hold.
"""

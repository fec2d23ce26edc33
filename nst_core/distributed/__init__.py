"""Several processes that compute one picture or deal pictures out among themselves.

The process group, as its users see it and as torch.distributed provides it, belongs here. What the
processes do with it does not.
"""

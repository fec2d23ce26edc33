"""Several processes that compute one picture together or share out the pictures of a batch.

The process group belongs here: its interface, and its implementation on torch.distributed. What
the processes do with it does not.
"""

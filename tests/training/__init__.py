"""nst_core.training and the file that it writes."""

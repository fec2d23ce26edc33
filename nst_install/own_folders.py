"""Where the engine and what belongs to it lie on this platform. Only looks, and changes nothing."""

from __future__ import annotations

from nst_contract.platforms import folders

PRODUCT = folders.PRODUCT
default_prefix = folders.engine
cache_folder = folders.cache
weights_folders = folders.weights
logs_folder = folders.logs
saved_folder = folders.saved

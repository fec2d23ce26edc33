"""Picture files for users of the library: :func:`read` a picture, :func:`write` a result."""

from nst_core.pictures.picture_files import read, write

__all__ = ["read", "write"]

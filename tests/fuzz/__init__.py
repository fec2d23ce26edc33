"""Whatever comes in, from a file or through a pipe, ends in a picture or in one of our errors."""

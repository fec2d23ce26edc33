"""Style pictures that are painted rather than shipped, for those who have no painting to hand.

Every picture is laid out in units of its side and painted at the requested size in pixels: the
same seed gives the same painting at every size, only sharper. Places and lengths in this package
are in that unit ("in sides") unless they are said to be in pixels.
"""

# Here, because the command line shows them without importing the painters.
SMALLEST, LARGEST, USUAL = 64, 4096, 1024

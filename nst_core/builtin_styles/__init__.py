"""Style pictures that are painted rather than shipped, for those who have no painting at hand.

Every picture is planned in sides of the picture and painted at the size in pixels that is asked
for: the same seed gives the same painting at every size, only sharper.
"""

# The command line names these without importing what paints.
SMALLEST, LARGEST, USUAL = 64, 4096, 1024

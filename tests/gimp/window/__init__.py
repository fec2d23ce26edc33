"""What the tests do with GIMP's window: programs that run inside, see harness/gui.py."""

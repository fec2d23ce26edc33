"""What the tests of the engine, of the command line and of the worker share."""

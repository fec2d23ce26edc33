"""What the plug-in and the engine share: settings, their limits, the protocol, the errors.

The installer copies this package whole into the plug-in's folder, so that both sides of the pipe
read the same files. It uses the standard library alone. What only one side needs belongs there.
"""

__version__ = "0.1.0"

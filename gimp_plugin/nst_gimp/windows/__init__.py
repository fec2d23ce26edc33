"""What the user sees: the dialog, the progress window, errors, help.

Widgets and their layout belong here. What is decided in them goes out as arguments; how it is done
does not belong here.
"""

"""The procedure's arguments: made from the settings, remembered, and kept with a painted layer.

Everything between an argument and its value belongs here; what asks for it is a window.
"""

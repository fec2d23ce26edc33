"""A run: planned, forecast, driven from scale to scale, tracked and saved along the way.

What happens over time belongs here: driving the scales, keeping count, planning ahead. The parts
that are put together here know nothing about each other.
"""

"""A run: planned, forecast, taken from scale to scale, followed and saved on its way.

What happens over time belongs here: who drives the scales, who keeps count, what was planned. The
parts that are put together here know nothing of each other.
"""

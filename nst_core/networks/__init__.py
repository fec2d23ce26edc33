"""The networks that look at pictures: their layers, weights, devices and precision.

Everything up to the feature maps belongs here. What happens to these (losses, statistics) belongs
in :mod:`nst_core.objective`, and how a network is trained in :mod:`nst_core.training`.
"""

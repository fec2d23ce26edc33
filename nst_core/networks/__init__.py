"""The networks that look at pictures: their layers, weights, devices and precision.

Everything up to a feature map belongs here. What is done with feature maps (losses, statistics) is
:mod:`nst_core.objective`'s; how a network is trained is :mod:`nst_core.training`'s.
"""

"""Nearest-neighbour style: every place of a picture looks like one place of the painting.

What belongs here: how places are described (columns of features), which place of a painting each
place of the picture is to look like, and the loss of the picture against these. After Kolkin et
al. 2022, "Neural Neighbor Style Transfer" (arXiv 2203.13215). Pure functions of tensors; networks,
scales and optimisers are others' business.
"""

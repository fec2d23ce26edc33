"""Trains a small VGG16 of our own on CIFAR-100; only ``nst train`` imports this package."""

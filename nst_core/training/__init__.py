"""Trains a small VGG16 of our own on CIFAR-100; ``nst train`` alone imports this package."""

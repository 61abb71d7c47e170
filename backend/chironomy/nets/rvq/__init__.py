"""Residual VQ-VAE: motion of one part as tokens of several residual levels, and back."""

from .network import ResidualVQ, RvqOutput

__all__ = ["ResidualVQ", "RvqOutput"]

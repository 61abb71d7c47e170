"""Chironomy: a line of speech and its words become whole-body animation on an SMPL-X rig."""

__version__ = "0.1.0"

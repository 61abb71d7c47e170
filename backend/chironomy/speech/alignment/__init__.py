"""Forced alignment: which word and which phone is spoken when."""

"""Chironomy's extension for Blender; as a Python package it is called `chironomy_blender`."""

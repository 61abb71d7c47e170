"""What the open file holds when Blender runs without a window, for the command line."""

import bpy

from .silence import silence


def open_empty_scene() -> None:
    """Throws away the open file, so that what follows has a scene to itself; not for an animator's Blender."""
    with silence():
        bpy.ops.wm.read_factory_settings(use_empty=True)

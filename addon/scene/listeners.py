"""Who wants to know when something changes in a scene: a module so small that registering costs nothing."""

from collections.abc import Callable

import bpy

#: Called with the armature after its emphasis curve was changed by hand, when the sliders have been read back.
on_read_back: list[Callable[[bpy.types.Object], None]] = []

"""Materials of mannequin and surface, made once per file from presets/mannequin/materials.json."""

from collections.abc import Mapping
from typing import Any

import bpy

_PREFIX = "Mannequin "


def material(name: str, table: Mapping[str, Any]) -> bpy.types.Material:
    """The material of that name: the file's own where it is there already (an animator may have changed it)."""
    full = _PREFIX + name
    existing = bpy.data.materials.get(full)
    if existing is not None and existing.library is None:
        return existing
    made = bpy.data.materials.new(full)
    colour = (*(_linear(channel) for channel in bytes.fromhex(table["colour"].lstrip("#"))), 1.0)
    made.diffuse_color = colour
    made.roughness = table["roughness"]
    if made.node_tree is None:  # always there in 5.0
        made.use_nodes = True
    shader = next(node for node in made.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = table["roughness"]
    return made


def _linear(channel: int) -> float:
    """One sRGB channel, 0…255, as scene-linear 0…1 (IEC 61966-2-1)."""
    value = channel / 255.0
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

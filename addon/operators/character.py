"""*Character*: make the mannequin, or use an armature that is there."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .reporting import reporting, requires


class CHIRONOMY_OT_make_mannequin(bpy.types.Operator):
    bl_idname = "chironomy.make_mannequin"
    bl_label = "Make Mannequin"
    bl_description = (
        "Add the product's own figure with its SMPL-X armature and ARKit's 52 face shapes, and let it speak. "
        "With an SMPL-X model file in the preferences it has that body's proportions"
    )
    bl_options = {"REGISTER", "UNDO"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..core.formats.smplx_model import mean_body
        from ..core.motion.body import neutral_body
        from ..preferences import current_settings
        from ..scene.armature import create_armature
        from ..scene.mannequin import create_mannequin

        model = current_settings().smplx_model
        body = mean_body(model) if model else neutral_body()
        armature = create_armature("Mannequin", body, context.scene.collection)
        settings = settings_of(context.scene)
        settings.armature, settings.mesh = armature, create_mannequin(armature, body)
        return {"FINISHED"}


def _why_none_chosen(context: bpy.types.Context) -> str:
    active = context.view_layer.objects.active
    chosen = active is not None and (active.type == "ARMATURE" or active.find_armature() is not None)
    return "" if chosen else "Select an armature, or a mesh that one deforms"


@requires(_why_none_chosen)
class CHIRONOMY_OT_use_armature(bpy.types.Operator):
    bl_idname = "chironomy.use_armature"
    bl_label = "Use Selected Armature"
    bl_description = (
        "Let the active armature speak: the mannequin's, or a Mixamo, Rigify, Unreal or Auto-Rig Pro character"
    )
    bl_options = {"REGISTER", "UNDO"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.keyframes import face_mesh_of

        active = context.view_layer.objects.active
        armature = active if active.type == "ARMATURE" else active.find_armature()
        require_rig(armature)
        settings = settings_of(context.scene)
        settings.armature, settings.mesh = armature, face_mesh_of(armature, context.scene, active)
        return {"FINISHED"}


def require_rig(armature: bpy.types.Object) -> None:
    """Raises UserError where no rig map fits the armature's bones."""
    from ..scene.rig_target import rig_of

    rig_of(armature)


CLASSES = (CHIRONOMY_OT_make_mannequin, CHIRONOMY_OT_use_armature)
register, unregister = bpy.utils.register_classes_factory(CLASSES)

"""FBX, glTF and USD through Blender's own exporters, from the stage."""

import zipfile
from pathlib import Path

import addon_utils
import bpy

from ...core.errors import UserError
from .. import versions
from ..keyframes import Motion
from ..silence import silence
from .profiles import Profile
from .stage import staged

#: The FBX exporter with simplify factor f leaves out a value v within f · 0.001 · (|v| + |v'|) of a kept one, v'.
#: |v| is at most 180°, a straight line between kept keys can double the error, and three Euler angles add up.
_SIMPLIFY_PER_DEGREE = 1.0 / (0.001 * 360 * 2 * 3**0.5)


def write(
    path: Path, armature: bpy.types.Object, mesh: bpy.types.Object | None, motion: Motion, profile: Profile
) -> None:
    """Writes the file in the format that its ending says."""
    ending = path.suffix.lower()
    exporter = {".fbx": _fbx, ".glb": _gltf}.get(ending, _usd)
    units = profile.units_per_metre if ending == ".fbx" else 1.0
    with staged(path.stem, armature, mesh, motion, profile, units) as stage:
        try:
            with silence():
                exporter(path, profile, stage.has_controls)
        except RuntimeError as error:  # what an operator reports as an error
            raise UserError(f"{path.name}: Blender's exporter failed: {_reason(error)}") from error
    if not path.is_file():
        raise UserError(f"{path.name}: Blender's exporter wrote nothing: is the folder's name too long?")
    if exporter is _usd and not _is_whole_usd(path):
        raise UserError(f"{path.name}: Blender's exporter wrote half a file: make room on the disk")


def _reason(error: RuntimeError) -> str:
    """What went wrong, from an operator's report: the last line of a traceback, which names the place after it."""
    lines = [line for line in str(error).strip().splitlines() if line.strip() and not line.startswith("Location:")]
    return lines[-1].removeprefix("Error: ") if lines else type(error).__name__


def _is_whole_usd(path: Path) -> bool:
    """Whether the file's end is there: the USD exporter reports success on a full disk, too.

    A crate file names in its header (bytes 16 to 24) where its table of contents starts, which is written last.
    """
    if path.suffix.lower() == ".usdz":
        return zipfile.is_zipfile(path)
    with path.open("rb") as file:
        start, size = file.read(24), path.stat().st_size
        if start.startswith(b"PXR-USDC"):
            return 0 < int.from_bytes(start[16:24], "little") < size
        file.seek(max(0, size - 16))
        return file.read().rstrip().endswith(b"}")


def _fbx(path: Path, profile: Profile, deform_only: bool) -> None:
    _enable("io_scene_fbx")
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        object_types={"ARMATURE", "MESH"},
        # the unit goes into the file's header, not into the scale of its nodes
        apply_unit_scale=True,
        apply_scale_options="FBX_SCALE_ALL",
        axis_forward=profile.forward_axis,
        axis_up=profile.up_axis,
        use_mesh_modifiers=False,
        mesh_smooth_type="FACE",
        add_leaf_bones=profile.leaf_bones,
        use_armature_deform_only=deform_only,
        bake_anim=True,
        bake_anim_use_all_bones=True,
        # one animation, from the active action: "all actions" would give this body the other takes' faces
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_simplify_factor=profile.key_reduction_deg * _SIMPLIFY_PER_DEGREE,
    )


def _gltf(path: Path, profile: Profile, deform_only: bool) -> None:
    _enable("io_scene_gltf2")
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLB",
        use_active_scene=True,
        export_yup=True,
        export_apply=False,
        export_animations=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_nla_strips_merged_animation_name=path.stem,
        export_frame_range=True,
        export_force_sampling=True,
        export_optimize_animation_size=False,
        export_def_bones=deform_only,
        export_leaf_bone=profile.leaf_bones,
        export_skins=True,
        export_morph=profile.face_shapes,
        export_morph_normal=False,
        export_morph_animation=profile.face_shapes,
    )


def _usd(path: Path, profile: Profile, deform_only: bool) -> None:
    if not versions.has_usd():
        raise UserError(f"{path.name}: this Blender was built without USD: use the one from blender.org, or .glb")
    bpy.ops.wm.usd_export(
        filepath=str(path),
        export_animation=True,
        export_armatures=True,
        only_deform_bones=deform_only,
        export_shapekeys=profile.face_shapes,
        export_cameras=False,
        export_lights=False,
        convert_world_material=False,
        convert_orientation=True,
        export_global_forward_selection=_usd_axis(profile.forward_axis),
        export_global_up_selection=_usd_axis(profile.up_axis),
    )


def _usd_axis(axis: str) -> str:
    return axis.replace("-", "NEGATIVE_")


def _enable(module: str) -> None:
    """Blender's exporters are add-ons, which a user may have switched off."""
    _default, loaded = addon_utils.check(module)
    if not loaded:
        addon_utils.enable(module)

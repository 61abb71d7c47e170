"""*Generate* and *Cancel*."""

import bpy
from bpy.props import IntProperty

from .. import connection, jobs, speech
from ..lazy import lazy
from ..properties import settings_of
from .character import require_rig
from .reporting import reporting, requires
from .sending import SendsJob, why_occupied

requests = lazy("requests")


def why_not(context: bpy.types.Context) -> str:
    """Why nothing can be generated now, and what to do; nothing where it can."""
    scene = context.scene
    if occupied := why_occupied(context):
        return occupied
    armature = settings_of(scene).armature
    if armature is None:
        return "Choose the character that speaks, or make the mannequin"
    if armature.name not in scene.objects:
        return f"{armature.name} is not in this scene: choose another character"
    animation = armature.animation_data
    if animation is not None and animation.use_tweak_mode:
        return "An NLA strip is being tweaked: leave tweak mode first (Tab in the NLA editor)"
    return speech.what_is_missing(scene) or connection.why_unavailable()


@requires(why_not)
class CHIRONOMY_OT_generate(SendsJob, bpy.types.Operator):
    """From scripts: `bpy.ops.chironomy.generate()` waits until the takes are there; a RuntimeError says what failed."""

    bl_idname = "chironomy.generate"
    bl_label = "Generate"
    bl_description = "Make whole-body motion for the speech, as new takes. Your own keys and actions stay as they are"
    bl_options = {"REGISTER", "UNDO"}

    def job(self, context: bpy.types.Context) -> jobs.Job:
        armature = settings_of(context.scene).armature
        require_rig(armature)
        return requests.generate_job(context.scene, armature)


class CHIRONOMY_OT_deliver(bpy.types.Operator):
    """Called by the timer when a job is finished, so that what it brings is one undo step."""

    bl_idname = "chironomy.deliver"
    bl_label = "Generate"
    bl_description = "Put the result of a finished job into the file"
    bl_options = {"UNDO", "INTERNAL"}

    job: IntProperty(description="The job's number")

    @reporting
    def execute(self, _context: bpy.types.Context) -> set[str]:
        from ..delivery import deliver

        notice = deliver(jobs.take_out(self.job))
        if notice:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


@requires(lambda context: "" if jobs.running(context.scene) else "No job is under way")
class CHIRONOMY_OT_cancel(bpy.types.Operator):
    bl_idname = "chironomy.cancel"
    bl_label = "Cancel"
    bl_description = "Stop the job of this scene; the file stays as it is"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.cancel(context.scene)
        return {"FINISHED"}


class CHIRONOMY_OT_new_seed(bpy.types.Operator):
    bl_idname = "chironomy.new_seed"
    bl_label = "New Seed"
    bl_description = "Choose a seed by chance"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings_of(context.scene).generate.seed = requests.any_seed()
        return {"FINISHED"}


class CHIRONOMY_OT_range_from_scene(bpy.types.Operator):
    bl_idname = "chironomy.range_from_scene"
    bl_label = "Range from Scene"
    bl_description = "Take over the scene's preview range, or its frame range where there is none"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, wanted = context.scene, settings_of(context.scene).generate
        wanted.range_first = scene.frame_preview_start if scene.use_preview_range else scene.frame_start
        wanted.range_last = scene.frame_preview_end if scene.use_preview_range else scene.frame_end
        return {"FINISHED"}


CLASSES = (
    CHIRONOMY_OT_generate,
    CHIRONOMY_OT_deliver,
    CHIRONOMY_OT_cancel,
    CHIRONOMY_OT_new_seed,
    CHIRONOMY_OT_range_from_scene,
)
register, unregister = bpy.utils.register_classes_factory(CLASSES)

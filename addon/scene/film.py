"""Films of a character in motion, with sound: frames from the studio, cut together by Blender's sequencer."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..core.errors import UserError
from ..core.progress import Progress, silent, within
from . import versions
from .keyframes import Motion, set_scene_fps
from .silence import silence
from .studio import Shot, Studio, studio

#: What a film looks like where nothing else is asked for: 720p, a grey studio.
FILM_SHOT = Shot(width=1280, height=720, turn_deg=8.0, background=(0.055, 0.065, 0.085), samples=0, fine=False)
#: Frames are drawn this much larger and scaled down: smoother edges for less work than Workbench's own antialiasing.
_ENLARGED = 1.5
Part = tuple[int, int, int, int]
_PLATE_CHANNEL, _FRAMES_CHANNEL, _SOUND_CHANNEL = 1, 2, 3


def render_film(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    path: Path,
    audio: Path | None = None,
    shot: Shot = FILM_SHOT,
    progress: Progress = silent,
) -> None:
    """Renders the motion to an .mp4 (H.264, AAC) at its own frame rate; the sound starts with the first frame.

    Only the part of the picture in which something moves is drawn again for every frame. Raises what `progress`
    raises, and UserError where the film could not be written.
    """
    if shot.background is None:
        raise ValueError("a film needs a background")
    with tempfile.TemporaryDirectory() as folder:
        plate = Path(folder) / "plate.jpg"
        with studio(armature, mesh, motion, shot) as stage:
            part = _render_frames(stage, motion.frames, plate, Path(folder), within(progress, 0.0, 0.9))
        _cut(path, motion, plate, part, audio, shot, within(progress, 0.9, 1.0))
    if not path.is_file() or path.stat().st_size == 0:
        raise UserError(f"{path.name}: Blender wrote no film: is there room on the disk?")


def _render_frames(stage: Studio, frames: int, plate: Path, folder: Path, progress: Progress) -> Part:
    """Renders the empty studio to `plate` and the moving part of every frame to 000000.jpg and so on."""
    render = stage.scene.render
    # the plate too is a JPEG: its colours are rounded in the same way, and no seam shows
    render.image_settings.file_format, render.image_settings.quality = "JPEG", 97
    with stage.without_character():
        stage.render(plate)
    left, right, bottom, top = part = stage.moving_part()
    render.resolution_percentage = round(100 * _ENLARGED)
    render.use_border = render.use_crop_to_border = True
    # a quarter of a pixel more: Blender cuts off fractions, and float32 would make one of a whole number
    render.border_min_x, render.border_max_x = (left + 0.25) / stage.shot.width, (right + 0.25) / stage.shot.width
    render.border_min_y, render.border_max_y = (bottom + 0.25) / stage.shot.height, (top + 0.25) / stage.shot.height
    for frame in range(frames):
        progress("Rendering the film", frame / frames)
        stage.scene.frame_set(frame)
        stage.render(folder / f"{frame:06d}.jpg")
    return part


def _cut(
    path: Path, motion: Motion, plate: Path, part: Part, audio: Path | None, shot: Shot, progress: Progress
) -> None:
    """Puts the moving parts over the plate, adds the sound and encodes the film."""
    first = plate.parent / "000000.jpg"
    scene = bpy.data.scenes.new("Film")
    sounds = set(bpy.data.sounds)
    try:
        set_scene_fps(scene, motion.fps)
        scene.frame_start, scene.frame_end = 0, motion.frames - 1
        scene.view_settings.view_transform = "Standard"
        render = scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = shot.width, shot.height, 100
        strips = scene.sequence_editor_create().strips
        strips.new_image("Plate", str(plate), _PLATE_CHANNEL, 0).frame_final_duration = motion.frames
        moving = strips.new_image("Frames", str(first), _FRAMES_CHANNEL, 0)
        for frame in range(1, motion.frames):
            moving.elements.append(f"{frame:06d}.jpg")
        left, right, bottom, top = part
        moving.transform.scale_x = moving.transform.scale_y = 1.0 / _ENLARGED
        moving.transform.filter = "BOX"
        moving.transform.offset_x = (left + right - shot.width) / 2
        moving.transform.offset_y = (bottom + top - shot.height) / 2
        if audio is not None:
            strips.new_sound("Sound", str(audio), _SOUND_CHANNEL, 0)
        versions.set_film_format(scene)
        render.use_file_extension, render.filepath = False, str(path)
        with _reporting(motion.frames, progress), silence():
            bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.data.scenes.remove(scene)
        bpy.data.batch_remove(set(bpy.data.sounds) - sounds)


@contextmanager
def _reporting(frames: int, progress: Progress) -> Iterator[None]:
    """Reports every encoded frame. Blender swallows what its handlers raise: it is raised again at the end."""
    raised: list[BaseException] = []
    done = 0

    def written(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if not raised:
            try:
                progress("Encoding the film", min(done / frames, 1.0))
            except BaseException as error:
                raised.append(error)

    bpy.app.handlers.render_write.append(written)
    try:
        yield
    finally:
        bpy.app.handlers.render_write.remove(written)
    if raised:
        raise raised[0]

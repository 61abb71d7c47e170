"""Pictures and films: the figure is in them, the sound too, and the open file is as it was."""

import os
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from chironomy_blender.core.errors import UserError
from chironomy_blender.core.motion import rotations as rot
from chironomy_blender.core.motion.arkit import ARKIT_SHAPES
from chironomy_blender.core.motion.body import neutral_body
from chironomy_blender.core.motion.skeleton import INDEX, JOINT_COUNT
from chironomy_blender.core.progress import Cancelled
from chironomy_blender.scene import studio as studio_module
from chironomy_blender.scene.armature import create_armature
from chironomy_blender.scene.film import FILM_SHOT, render_film
from chironomy_blender.scene.graphics import can_draw
from chironomy_blender.scene.keyframes import Motion
from chironomy_blender.scene.mannequin import create_mannequin
from chironomy_blender.scene.picture import Shot, render_pictures
from chironomy_blender.scene.studio import camera_place, studio

needs_opengl = pytest.mark.skipif(not can_draw(), reason="no OpenGL here (libegl1 and a driver are missing)")


@pytest.fixture(scope="module")
def character():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    body = neutral_body()
    armature = create_armature("Ada", body)
    return armature, create_mannequin(armature, body)


def waving(frames: int = 12, fps: float = 30.0) -> Motion:
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (frames, JOINT_COUNT, 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations[:, INDEX[f"{side}_shoulder"]] = rot.about("z", -sign * np.linspace(1.2, 0.4, frames))
    return Motion(rotations, np.zeros((frames, 3)), fps, np.zeros((frames, 52)))


def pixels(path: Path) -> np.ndarray:
    """[height, width, 4], 0…1, first row on top."""
    image = bpy.data.images.load(str(path))
    try:
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        values = np.empty(width * height * 4, dtype=np.float32)
        image.pixels.foreach_get(values)
        return values.reshape(height, width, 4)[::-1]
    finally:
        bpy.data.images.remove(image)


def datablocks() -> dict[str, list[str]]:
    names = (
        "objects",
        "meshes",
        "materials",
        "cameras",
        "scenes",
        "worlds",
        "lights",
        "actions",
        "sounds",
        "armatures",
    )
    return {name: sorted(block.name for block in getattr(bpy.data, name)) for name in names}


@needs_opengl
def test_the_whole_figure_is_in_a_transparent_picture(character, tmp_path: Path) -> None:
    before = datablocks()
    paths = render_pictures(*character, waving(), [0, 11], tmp_path, Shot(160, 240, samples=0, fine=False))
    assert datablocks() == before
    first, last = (pixels(path)[..., 3] > 0.5 for path in paths)
    for figure in (first, last):
        rows, columns = np.flatnonzero(figure.any(axis=1)), np.flatnonzero(figure.any(axis=0))
        assert rows[0] > 0
        assert rows[-1] < 239
        assert columns[0] > 0
        assert columns[-1] < 159
    assert max(np.ptp(np.flatnonzero(last.any(axis=0))) / 160, np.ptp(np.flatnonzero(last.any(axis=1))) / 240) > 0.8
    assert np.ptp(np.flatnonzero(last.any(axis=0))) > 1.2 * np.ptp(np.flatnonzero(first.any(axis=0)))  # arms go up


@needs_opengl
def test_a_background_fills_the_picture_and_the_floor_is_darker_at_the_feet(character, tmp_path: Path) -> None:
    shot = Shot(160, 240, background=(0.2, 0.2, 0.2), samples=0, fine=False)
    with studio(*character, waving(), shot) as stage:
        stage.render(tmp_path / "with.png")
        with stage.without_character():
            stage.render(tmp_path / "without.png")
    figure, empty = pixels(tmp_path / "with.png"), pixels(tmp_path / "without.png")
    assert figure[..., 3].min() == 1.0
    assert empty[..., :3].min() > 0.1
    grey = np.ptp(figure[..., :3], axis=2) < 0.01  # the floor is, the character is not
    darker = grey & (figure[..., 0] < 0.8 * empty[..., 0])
    assert darker.any()
    feet = np.flatnonzero((np.abs(figure - empty).max(axis=2) > 0.1).any(axis=1))[-1]
    assert abs(np.flatnonzero(darker.any(axis=1)).mean() - feet) < 20


@needs_opengl
def test_nothing_moves_outside_the_moving_part(character, tmp_path: Path) -> None:
    shot = Shot(320, 180, background=(0.2, 0.2, 0.2), samples=0, fine=False)
    with studio(*character, waving(), shot) as stage:
        left, right, bottom, top = stage.moving_part()
        with stage.without_character():
            stage.render(tmp_path / "plate.png")
        plate = pixels(tmp_path / "plate.png")
        assert (right - left) * (top - bottom) < 0.6 * 320 * 180
        for frame in (0, 6, 11):
            stage.scene.frame_set(frame)
            stage.render(tmp_path / "frame.png")
            changed = np.abs(pixels(tmp_path / "frame.png") - plate).max(axis=2) > 0.02
            assert changed.any()
            changed[180 - top : 180 - bottom, left:right] = False
            assert not changed.any()


@needs_opengl
def test_the_face_moves_in_pictures(character, tmp_path: Path) -> None:
    motion = waving(2)
    motion.face[1, [ARKIT_SHAPES.index("mouthPucker"), ARKIT_SHAPES.index("browInnerUp")]] = 1.0
    still = Motion(motion.rotations[[0, 0]], motion.translation, motion.fps, motion.face)
    shot = Shot(160, 160, framing="face", samples=0, fine=False)
    first, second = (pixels(path) for path in render_pictures(*character, still, [0, 1], tmp_path, shot))
    assert (np.abs(first - second).max(axis=2) > 0.1).sum() > 20


@pytest.mark.parametrize("size", [(100, 100), (320, 180), (90, 200)])
def test_the_camera_sees_every_point_and_no_more(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    points = random.normal(size=(200, 3)) * [0.5, 0.3, 1.0]
    axes = rot.to_matrix(rot.exp(np.array([1.4, 0.1, 0.2])))
    place = camera_place(points, axes, size)
    seen = (points - place) @ axes
    on_picture = np.abs(seen[:, :2] / -seen[:, 2:]) / studio_module._tangents(np.array(size))
    assert (seen[:, 2] < 0).all()
    assert on_picture.max() <= 1.0
    assert on_picture.max() > 0.75  # what is missing is the margin for the skin


@needs_opengl
def test_a_cancelled_picture_leaves_the_file_as_it_was(character, tmp_path: Path) -> None:
    def cancel(_stage: str, fraction: float) -> None:
        if fraction > 0.4:
            raise Cancelled

    before = datablocks()
    with pytest.raises(Cancelled):
        render_pictures(*character, waving(), [0, 5, 11], tmp_path, Shot(64, 64, samples=0, fine=False), cancel)
    assert datablocks() == before


@needs_opengl
def test_a_picture_that_cannot_be_written_is_said_in_one_line(character, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"00000\.png") as raised:
        render_pictures(*character, waving(), [0], tmp_path / "file", Shot(64, 64, samples=0, fine=False))
    assert "\n" not in str(raised.value)


@needs_opengl
def test_rendering_says_nothing(character, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    render_pictures(*character, waving(), [0], tmp_path, Shot(64, 64, samples=0, fine=False))
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def beep(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        time = np.arange(int(seconds * 16_000)) / 16_000
        file.writeframes((12_000 * np.sin(2 * np.pi * 440 * time)).astype("<i2").tobytes())
    return path


@needs_opengl
@pytest.mark.parametrize("fps", [24.0, 30.0])
def test_a_film_lasts_as_long_as_the_motion_and_has_picture_and_sound(character, tmp_path: Path, fps: float) -> None:
    before = datablocks()
    motion = waving(20, fps)
    path = tmp_path / "film.mp4"
    stages: set[str] = set()
    sound = beep(tmp_path / "beep.wav", 20 / fps)
    shot = replace(FILM_SHOT, width=320, height=180)
    render_film(*character, motion, path, sound, shot, lambda stage, _fraction: stages.add(stage))
    assert datablocks() == before
    assert stages == {"Rendering the film", "Encoding the film"}

    clip = bpy.data.movieclips.load(str(path))
    assert (clip.frame_duration, tuple(clip.size)) == (20, (320, 180))
    assert clip.fps == pytest.approx(fps)
    bpy.data.movieclips.remove(clip)
    assert _strips_of(path) == ["SOUND", "MOVIE"]
    frames = _frames_of(path, tmp_path, 320, 180, [0, 19])
    assert frames[0].mean() > 0.1
    assert frames[0].max() > 0.6
    assert np.abs(frames[0] - frames[1]).max() > 0.3  # the arms have moved


def _strips_of(path: Path) -> list[str]:
    """The film loaded into a sequencer: a sound strip is made where the file has sound."""
    scene = bpy.data.scenes.new("Reader")
    editor = scene.sequence_editor_create()
    sound = editor.strips.new_sound("Sound", str(path), 1, 0)
    assert sound.frame_duration > 0
    movie = editor.strips.new_movie("Film", str(path), 2, 0)
    types = [sound.type, movie.type]
    bpy.data.scenes.remove(scene)
    bpy.data.batch_remove(list(bpy.data.sounds))
    return types


def _frames_of(path: Path, folder: Path, width: int, height: int, numbers: list[int]) -> list[np.ndarray]:
    scene = bpy.data.scenes.new("Reader")
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.sequence_editor_create().strips.new_movie("Film", str(path), 1, 0)
    scene.render.filepath = str(folder / "read####.png")
    out = []
    for number in numbers:
        scene.frame_start = scene.frame_end = number
        bpy.ops.render.render(animation=True, scene=scene.name)
        out.append(pixels(folder / f"read{number:04d}.png")[..., :3])
    bpy.data.scenes.remove(scene)
    return out


@needs_opengl
def test_a_cancelled_film_leaves_nothing(character, tmp_path: Path) -> None:
    def cancel(stage: str, fraction: float) -> None:
        if stage == "Encoding the film" or fraction > 0.5:
            raise Cancelled

    before = datablocks()
    with pytest.raises(Cancelled):
        render_film(*character, waving(), tmp_path / "film.mp4", None, replace(FILM_SHOT, width=64, height=36), cancel)
    assert datablocks() == before


def test_without_opengl_cycles_takes_the_picture(character, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_module, "can_draw", lambda: False)
    path = render_pictures(*character, waving(), [0], tmp_path, Shot(80, 120, samples=0))[0]
    picture = pixels(path)
    figure = picture[..., 3] > 0.5
    assert 0.05 < figure.mean() < 0.7
    assert picture[figure][:, :3].mean() > 0.3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="EGL is Linux's")
@pytest.mark.own_process
def test_a_missing_egl_library_is_noticed_before_it_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "libEGL.so.1").write_bytes(b"")  # found first, and no library
    code = "from chironomy_blender.scene.graphics import can_draw; print(can_draw())"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "False", run.stderr

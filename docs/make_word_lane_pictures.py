"""Makes docs/pictures/word_lane_*.png in Blender's real window, with real mouse drags.

    Xvfb :71 -screen 0 1600x900x24 +extension GLX &
    DISPLAY=:71 python docs/make_word_lane_pictures.py --blender blender --out docs/pictures

Needs xdotool and ImageMagick's `import` beside Blender (5.2 LTS). This file runs twice: plainly, where it drives mouse
and keys and takes the pictures, and inside Blender (`stage`), where it sets the scene and writes down where the words
lie on the screen.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 1600, 900
EDITORS = ("timeline", "dopesheet", "graph", "sequencer")


def main() -> None:
    """Drives Blender's window from outside."""
    parser = argparse.ArgumentParser(description="Pictures of the word lane, made with real mouse drags")
    parser.add_argument("--blender", default="blender")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        window = [arguments.blender, "--factory-startup", "--window-geometry", "0", "0", str(WIDTH), str(HEIGHT)]
        environment = {**os.environ, "LANE_FOLDER": folder, "LIBGL_ALWAYS_SOFTWARE": "1"}
        with Path(folder, "blender.log").open("w") as log:
            blender = subprocess.Popen([*window, "--python", __file__], env=environment, stdout=log, stderr=log)  # noqa: S603
            try:
                _drive(Path(folder), arguments.out)
            finally:
                blender.terminate()
                blender.wait()


def _drive(folder: Path, out: Path) -> None:
    state = _ask(folder, "timeline")
    _keys("Escape")
    for editor in EDITORS:
        state = _ask(folder, editor)
        _picture(out / f"word_lane_{editor}.png")
        x, y = state["words"]["never"]
        _drag(x, y, 40)
        after = _ask(folder, editor)
        print(editor, "dragged up:", state["slider"], "→", after["slider"])
        _picture(out / f"word_lane_{editor}_dragged.png")
        _drag(x, y, -30, cancel=True)
        print(editor, "cancelled:", _ask(folder, editor)["slider"])
        _keys("ctrl+z")
        print(editor, "undone:", _ask(folder, editor)["slider"])
        x, y = state["words"]["everyone"]
        _click(x, y, 2)
        print(editor, "double click, frame:", _ask(folder, editor)["frame"])
        _click(*state["empty"], 1)
        print(editor, "click beside, frame:", _ask(folder, editor)["frame"])


def _ask(folder: Path, editor: str) -> dict:
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    (folder / "ask").write_text(editor)
    for _ in range(75):
        time.sleep(0.2)
        if answer.exists():
            return json.loads(answer.read_text())
    raise TimeoutError(f"Blender gave no answer: {Path(folder, 'blender.log').read_text()}")


def _xdotool(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True)  # noqa: S603, S607
    time.sleep(0.4)


def _drag(x: int, y: int, up: int, cancel: bool = False) -> None:
    _xdotool("mousemove", x, y)
    _xdotool("mousedown", 1)
    for step in range(1, 9):
        _xdotool("mousemove", x, y - up * step // 8)
    if cancel:
        _xdotool("key", "Escape")
    _xdotool("mouseup", 1)
    time.sleep(0.8)


def _click(x: int, y: int, times: int) -> None:
    _xdotool("mousemove", x, y)
    time.sleep(0.5)
    _xdotool("click", "--repeat", times, "--delay", 90, 1)
    time.sleep(0.8)


def _keys(keys: str) -> None:
    _xdotool("mousemove", WIDTH // 2, 500)
    _xdotool("key", keys)
    time.sleep(1)


def _picture(path: Path) -> None:
    lower = ["-crop", f"1290x385+0+{HEIGHT - 405}", "+repage", "+dither", "-colors", "128"]
    subprocess.run(["import", "-window", "root", *lower, str(path)], check=True)  # noqa: S603, S607


def stage() -> None:
    """Inside Blender: the scene, and a timer that answers where everything is."""
    import importlib.util

    import bpy

    sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "tests" / "bpy")]
    addon = ROOT / "addon"
    spec = importlib.util.spec_from_file_location(
        "chironomy_blender", addon / "__init__.py", submodule_search_locations=[str(addon)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["chironomy_blender"] = module
    spec.loader.exec_module(module)
    from lane_scene import set_scene

    bpy.context.preferences.view.show_splash = False
    set_scene()
    folder = Path(os.environ["LANE_FOLDER"])

    def answer() -> float:
        question = folder / "ask"
        if question.exists():
            editor = question.read_text()
            question.unlink()
            _show_editor(editor)
            bpy.app.timers.register(lambda: _answer(folder), first_interval=1.5)
        return 0.2

    bpy.app.timers.register(answer, first_interval=2.0)


def _editor_area(window):
    """The lower part of what was the 3D view: the default timeline below it has room for ticks alone."""
    import bpy

    views = [area for area in window.screen.areas if area.type == "VIEW_3D"]
    others = [area for area in window.screen.areas if area.x == views[0].x and area.height > 200 and area not in views]
    if others:
        return others[0]
    region = next(item for item in views[0].regions if item.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=views[0], region=region):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.4)
    return min((area for area in window.screen.areas if area.type == "VIEW_3D"), key=lambda area: area.y)


def _show_editor(editor: str) -> None:
    import bpy

    window = bpy.context.window_manager.windows[0]
    area = _editor_area(window)
    wanted = {
        "timeline": "DOPESHEET_EDITOR",
        "dopesheet": "DOPESHEET_EDITOR",
        "graph": "GRAPH_EDITOR",
        "sequencer": "SEQUENCE_EDITOR",
    }[editor]
    area.type = wanted
    if editor in ("timeline", "dopesheet"):
        area.spaces.active.mode = "TIMELINE" if editor == "timeline" else "DOPESHEET"
    area.tag_redraw()


def _answer(folder: Path) -> None:
    import bpy

    from chironomy_blender.word_lane import drawing

    window = bpy.context.window_manager.windows[0]
    area = _editor_area(window)
    region = next(item for item in area.regions if item.type == "WINDOW")
    scene = window.scene
    with bpy.context.temp_override(window=window, area=area, region=region):
        boxes = drawing.visible_boxes(bpy.context)
    words = {
        box.word.text: (
            int(region.x + (box.left + box.right) / 2),
            int(HEIGHT - region.y - (box.bottom + box.top) / 2),
        )
        for box in boxes
    }
    state = {
        "words": words,
        "empty": (int(region.x + region.width * 0.8), int(HEIGHT - region.y - region.height + 60)),
        "slider": next(word.slider for word in scene.chironomy.words if word.text == "never"),
        "frame": scene.frame_current,
    }
    (folder / "answer.part").write_text(json.dumps(state))
    (folder / "answer.part").rename(folder / "answer.json")


if __name__ == "__main__":
    if "LANE_FOLDER" in os.environ:
        stage()
    else:
        main()

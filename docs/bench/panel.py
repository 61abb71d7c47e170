"""What the panel costs in Blender: registering, sliders, undo steps and files, with takes of a minute by a real server.

    python3.11 dev.py bench panel [--write]

Redrawing is not counted: Blender has no window here. The script fails where one of the bounds below does not hold.
--write puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import bpy
from stages import ROOT, machine, speech_of, write_section

sys.path.insert(0, str(ROOT / "tests" / "server"))

from running_server import RunningServer

LENGTH_S, TAKES, TIMES = 60.0, 4, 15
REGISTERING_MS, SLIDER_MS, UNDO_MS, FILE_MB = 50.0, 20.0, 100.0, 60.0
ADDON = "chironomy_blender"
Row = tuple[str, str]


def times_ms(work: Callable[[int], object], times: int = TIMES) -> list[float]:
    """Milliseconds of each call; `work` is given its number."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        took.append(1000 * (time.perf_counter() - began))
    return took


def shown(took_ms: list[float], bound_ms: float | None = None) -> str:
    """Best, median and longest; ends the script where the best is over the bound: other programs slow single times."""
    best, median = min(took_ms), statistics.median(took_ms)
    if bound_ms is not None and best > bound_ms:
        raise SystemExit(f"{best:.1f} ms, {bound_ms:.0f} ms are allowed")
    return f"{best:.1f} ms, median {median:.1f} ms, longest {max(took_ms):.1f} ms"


def registering() -> Row:
    """As at Blender's start: nothing of the add-on is loaded, but its compiled files are there."""

    def register(_number: int) -> None:
        importlib.import_module(ADDON).register()

    sys.dont_write_bytecode = False
    took_ms = []
    for _ in range(TIMES):
        took_ms += times_ms(register, 1)
        sys.modules[ADDON].unregister()
        for name in [name for name in sys.modules if name.partition(".")[0] == ADDON]:
            del sys.modules[name]
    return "the add-on is loaded and registered", shown(took_ms[1:], REGISTERING_MS)  # the first compiles


def make_takes(folder: Path) -> None:
    """TAKES takes of a minute, made by the server through the panel's own operators."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    importlib.import_module(ADDON).register()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    settings = scene.chironomy
    sound, transcript = speech_of(LENGTH_S, folder)
    settings.speech.sound_path = str(sound)
    settings.speech.text_source, settings.speech.text_path = "FILE", str(transcript)
    settings.generate.generator, settings.generate.variations = "rhythm", TAKES
    bpy.ops.chironomy.make_mannequin()
    bpy.ops.chironomy.generate()


def sliders() -> Iterable[Row]:
    """One word of the shown take: through the list of the panel, as a drag does, and what Blender evaluates then."""
    settings = bpy.context.scene.chironomy
    words = settings.words
    word = words[len(words) // 2]
    bpy.context.scene.frame_set(1 + round(30 * word.stroke_end_s))

    def move(number: int) -> None:
        word.slider = 2.0 * number / TIMES

    evaluated_ms: list[float] = []

    def move_and_evaluate(number: int) -> None:
        move(number)
        evaluated_ms.extend(times_ms(lambda _: bpy.context.view_layer.update(), 1))

    both_ms = times_ms(move_and_evaluate)
    moved_ms = [both - evaluated for both, evaluated in zip(both_ms, evaluated_ms, strict=True)]
    yield f"a slider of the list moves the curve ({len(words)} words)", shown(moved_ms)
    yield "then the pose on the frame is evaluated", shown(evaluated_ms)
    yield "both", shown(both_ms, SLIDER_MS)
    bpy.ops.chironomy.curve_simplify()
    yield "a slider on a simplified curve", shown(times_ms(move), SLIDER_MS)
    bpy.ops.chironomy.curve_reset(which="ALL")


def file_and_undo(folder: Path) -> Iterable[Row]:
    """All takes in one file, and the undo step that an animator's change makes then."""
    path = folder / "takes.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    size_mb = path.stat().st_size / 1e6
    if size_mb > FILE_MB:
        raise SystemExit(f"{size_mb:.1f} MB, {FILE_MB:.0f} MB are allowed")
    yield f"file with mannequin and {TAKES} takes, compressed", f"{size_mb:.1f} MB"
    armature = bpy.context.scene.chironomy.armature

    def push(number: int) -> None:
        armature.location.x = float(number)
        bpy.ops.ed.undo_push(message=str(number))

    yield "undo push with all of them", shown(times_ms(push), UNDO_MS)


def showing_and_accepting() -> Iterable[Row]:
    """What is written in one go."""

    def show(number: int) -> None:
        bpy.ops.chironomy.take_show(take=(number + 1) % TAKES)

    def accept(_number: int) -> None:
        bpy.ops.chironomy.take_accept()

    yield "another take is shown", shown(times_ms(show, 5))
    yield "the take is accepted", f"{times_ms(accept, 1)[0]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    rows = [registering()]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server = RunningServer(folder / "server", "--parent-pid", os.getpid())
        os.environ["CHIRONOMY_DATA"] = str(folder / "server")
        make_takes(folder)
        server.close()
        rows += [*sliders(), *file_and_undo(folder), *showing_and_accepting()]
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    where = f"{machine()}, Blender {bpy.app.version_string}"
    text = f"{date.today()}, {where}. `python3.11 dev.py bench panel --write`\n\n"
    text += "The mannequin with takes of a minute, 30 frames a second.\n"
    text += "Best, median and longest time; redrawing is not counted.\n\n" + "\n".join(lines)
    print(text)
    if given.write:
        write_section("Panel", text)


if __name__ == "__main__":
    main()

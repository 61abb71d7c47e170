"""Makes docs/pictures/blender_*.png: the extension in the real window of Blender 5.2, with its own server at work.

    python docs/make_blender_pictures.py [CHROOT]

CHROOT (default ~/.cache/blender-debian) is a Debian with Blender, Xvfb and ImageMagick in it; needs root, for the
chroot and for the mounts by which this repository and its Python are seen inside. Builds the zip, installs it there,
and goes an animator's way: preferences, speech, generating, sliders. Look at the pictures before you keep them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1600, 900
DISPLAY = ":87"


def main() -> None:
    chroot = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.home() / ".cache" / "blender-debian"
    _run(sys.executable, ROOT / "packaging" / "build_extension.py")
    newest = max((ROOT / "dist").glob("chironomy-*.zip"), key=lambda path: path.stat().st_mtime)
    folder = Path(tempfile.mkdtemp(prefix="pictures-", dir=chroot / "tmp"))
    shutil.copy(newest, folder / "chironomy.zip")
    try:
        with _mounted(chroot, ROOT, Path(sys.base_prefix)), _blender(chroot, folder):
            _take_pictures(Window(chroot, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the server may just be taking its own files away


def _take_pictures(window: "Window") -> None:
    window.do("install")
    window.do("show_preferences")
    time.sleep(1)
    window.shoot("blender_preferences_not_installed", "view")
    window.do("start_installing")
    window.wait(lambda told: told["backend"] == "INSTALLING")
    time.sleep(4)
    window.shoot("blender_preferences_installing", "view")
    window.do("cancel_installing")
    window.wait(lambda told: told["backend"] == "NOT_INSTALLED")
    window.do("start_server")
    window.wait(lambda told: told["backend"] == "READY")
    window.shoot("blender_preferences_ready", "view")
    window.do("show_disabled")
    window.shoot("blender_disabled", "sidebar")
    window.do("prepare_speech")
    window.shoot("blender_speech_character_generate", "sidebar")
    window.do("start_generating")
    window.wait(lambda told: told["time_left"])
    window.shoot("blender_generating", "sidebar", after_s=0.2)
    window.wait(lambda told: told["takes"] == 4)
    window.do("show_emphasis")
    window.shoot("blender_emphasis", "sidebar")
    window.do("show_takes")
    window.shoot("blender_takes_export", "sidebar")
    window.do("before_slider")
    window.shoot("blender_slider_before", "view")
    window.do("after_slider")
    window.shoot("blender_slider_after", "view")
    window.do("show_window")
    window.shoot("blender_window")


class Window:
    """Blender's, seen from outside."""

    def __init__(self, chroot: Path, folder: Path) -> None:
        self._chroot, self._folder = chroot, folder

    def do(self, step: str) -> dict:
        """Has Blender do a step of blender_window.py (or nothing); where its parts lie then."""
        answer = self._folder / "answer.json"
        answer.unlink(missing_ok=True)
        (self._folder / "ask.part").write_text(step)
        (self._folder / "ask.part").rename(self._folder / "ask")
        self._until(answer.exists, step)
        told = json.loads(answer.read_text())
        if "error" in told:
            sys.exit(f"{step}: {told['error']}")
        return told

    def wait(self, reached: Callable[[dict], bool]) -> None:
        self._until(lambda: reached(self.do("")), "waiting")

    def shoot(self, name: str, part: str = "", after_s: float = 2.0) -> None:
        """A picture of the window or of a part of it, without the empty space below."""
        self.do("")  # drawn once more: lists of add-ons come with a delay
        time.sleep(after_s)
        path = self._folder / "shot.png"
        inside = Path("/tmp", path.parent.name, path.name)  # noqa: S108  (as the chroot sees it)
        _run("chroot", self._chroot, "env", f"DISPLAY={DISPLAY}", "import", "-window", "root", inside)
        picture = Image.open(path).convert("RGB")
        if part:
            left, bottom, width, height = self.do("")[part]
            picture = picture.crop((left, HEIGHT - bottom - height, left + width, HEIGHT - bottom))
        picture = _without_empty_rows(picture) if part == "sidebar" else picture
        PICTURES.mkdir(exist_ok=True)
        picture.quantize(128, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)
        print(f"{name}: {picture.width} × {picture.height}", flush=True)

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 120
        while not reached():
            if time.monotonic() > end:
                sys.exit(f"{what}: Blender gave no answer: {(self._folder / 'blender.log').read_text()[-2000:]}")
            time.sleep(0.2)


def _without_empty_rows(picture: Image.Image) -> Image.Image:
    """Cut below the last row in which anything is drawn left of the tabs."""
    inner = picture.crop((0, 0, picture.width - 40, picture.height))
    rows = (y for y in reversed(range(inner.height)) if inner.crop((0, y, inner.width, y + 1)).getcolors(2) is None)
    return picture.crop((0, 0, picture.width, min(next(rows, picture.height) + 8, picture.height)))


@contextmanager
def _mounted(chroot: Path, *places: Path) -> Iterator[None]:
    """These folders at the same place inside."""
    mounted = []
    try:
        for place in places:
            inside = Path(f"{chroot}{place}")
            inside.mkdir(parents=True, exist_ok=True)
            if not inside.is_mount():
                _run("mount", "--bind", place, inside)
                mounted.append(inside)
        yield
    finally:
        for inside in mounted:
            _run("umount", "--lazy", inside)


@contextmanager
def _blender(chroot: Path, folder: Path) -> Iterator[None]:
    """Xvfb and Blender, with a user folder in which nothing is but that the splash screen is off."""
    inside = Path("/tmp", folder.name)  # noqa: S108
    variables = {
        "HOME": os.environ.get("HOME", "/root"),
        "DISPLAY": DISPLAY,
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "BLENDER_USER_RESOURCES": inside / "user",
        "PICTURES_FOLDER": inside,
        "PICTURES_CHIRONOMY": Path(sys.executable).parent / "chironomy",
    }
    given = [f"{name}={value}" for name, value in variables.items()]
    screen = ["Xvfb", DISPLAY, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "+extension", "GLX"]
    size = ["--window-geometry", "0", "0", str(WIDTH), str(HEIGHT)]
    script = ROOT / "docs" / "blender_window.py"
    with (folder / "blender.log").open("w") as log:
        x = subprocess.Popen(["chroot", chroot, *screen], stdout=log, stderr=log)  # noqa: S603, S607
        time.sleep(2)
        start = ["chroot", chroot, "env", *given, "blender"]
        no_splash = "import bpy; bpy.context.preferences.view.show_splash = False; bpy.ops.wm.save_userpref()"
        subprocess.run([*start, "--background", "--python-expr", no_splash], check=True, stdout=log, stderr=log)  # noqa: S603
        blender = subprocess.Popen([*start, *size, "--python", script], stdout=log, stderr=log)  # noqa: S603
        try:
            yield
        finally:
            for process in (blender, x):
                process.terminate()
                process.wait()


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT)  # noqa: S603


if __name__ == "__main__":
    main()

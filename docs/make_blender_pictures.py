"""Makes docs/pictures/blender_*.png: the sidebar in the real window of Blender 5.2, with the built extension in it.

    python docs/make_blender_pictures.py path/to/blender_gui.sh [picture ...]

Builds the zip, starts the real server, installs the zip in that Blender, generates from the bundled recording and
takes a picture of the window. Look at the pictures before you keep them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
BLENDER = Path.home() / ".cache" / "blender-debian"
PICTURES = {
    "blender_speech_character_generate": ("speech", "character", "generate"),
    "blender_emphasis": ("emphasis",),
    "blender_takes_export": ("takes", "export"),
}


def main() -> None:
    tool, *wanted = sys.argv[1:]
    subprocess.run([sys.executable, str(ROOT / "packaging" / "build_extension.py")], check=True, cwd=ROOT)  # noqa: S603
    newest = max((ROOT / "dist").glob("chironomy-*.zip"), key=lambda path: path.stat().st_mtime)
    data = Path(tempfile.mkdtemp(dir=BLENDER / "tmp"))
    shutil.copy(newest, data / "chironomy.zip")
    inside = Path("/tmp", data.name)  # noqa: S108  (as the chroot sees it)
    chironomy = Path(sys.executable).parent / "chironomy"
    server = subprocess.Popen([str(chironomy), "serve", "--data-folder", str(data)])  # noqa: S603
    no_splash = "import bpy; bpy.context.preferences.view.show_splash = False; bpy.ops.wm.save_userpref()"
    subprocess.run([tool, "background", "--", "--python-expr", no_splash], check=True, cwd=ROOT)  # noqa: S603
    try:
        for name in wanted or PICTURES:
            _shoot(tool, name, inside)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(data)


def _shoot(tool: str, name: str, inside: Path) -> None:
    path = ROOT / "docs" / "pictures" / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    arguments = ["--python", "/repo/docs/blender_window.py", "--", str(inside / "chironomy.zip"), *PICTURES[name]]
    environment = {"SHOT_WAIT": "60", **os.environ, "CHIRONOMY_DATA": str(inside)}
    subprocess.run([tool, "shot", str(path), "--", *arguments], check=True, cwd=ROOT, env=environment)  # noqa: S603
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()

"""Builds the Blender extension dist/chironomy-<version>.zip and has Blender's own tool validate it.

The manifest stands at the root of the repository, the add-on in addon/; the zip wants one folder that holds the
add-on's files, the manifest, the presets, the numpy-only parts of the backend (addon/core) and, as a plain file for
the installer, the backend's wheel, which brings the models. (Named under `wheels` in the manifest it would land in
Blender's own Python without its dependencies.)

Run it through:  python3.11 dev.py extension [FOLDER]
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What addon/core shares with the backend.
CORE = ("motion", "formats", "emphasis", "errors.py", "progress.py")
NO_COMPILED = shutil.ignore_patterns("__pycache__")


def blender_extension_tool() -> Path:
    """Blender's command line tool for extensions, which needs no Blender binary."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        sys.exit("Blender's module bpy is missing: python3.11 dev.py setup")
    return next(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))


def build_wheel(folder: Path) -> None:
    """The backend's wheel with the models, without dependencies: the add-on's installer fetches those.

    Built in a place of its own: what an earlier build left in build/, setuptools would take for the newest.
    """
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place) / "build.cfg"
        settings.write_text(f"[build]\nbuild_base = {Path(place).as_posix()}/build\n", encoding="utf-8")
        subprocess.run(command, check=True, env={**os.environ, "DIST_EXTRA_CONFIG": str(settings)})  # noqa: S603


def stage(folder: Path) -> None:
    """Puts all that the zip holds into one folder."""
    shutil.copytree(ROOT / "addon", folder, ignore=NO_COMPILED, dirs_exist_ok=True)
    shutil.copy(ROOT / "blender_manifest.toml", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    for name in CORE:
        source = ROOT / "backend" / "chironomy" / name
        if source.is_dir():
            shutil.copytree(source, folder / "core" / name, ignore=NO_COMPILED)
        else:
            shutil.copy(source, folder / "core")
    shutil.copytree(ROOT / "presets", folder / "presets", ignore=NO_COMPILED)
    build_wheel(folder / "backend")


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    out.mkdir(parents=True, exist_ok=True)
    tool = [sys.executable, str(blender_extension_tool())]
    with tempfile.TemporaryDirectory() as temporary:
        staged = Path(temporary) / "chironomy"
        stage(staged)
        subprocess.run([*tool, "build", "--source-dir", str(staged), "--output-dir", str(out)], check=True)  # noqa: S603
    newest = max(out.glob("chironomy-*.zip"), key=lambda path: path.stat().st_mtime)
    subprocess.run([*tool, "validate", str(newest)], check=True)  # noqa: S603
    print(f"{newest}: {newest.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""Runs tests/bpy inside a Blender that is no Python module, such as 5.2 LTS; by hand, before a release.

    blender --background --factory-startup --python tests/blender52/run.py -- [pytest's arguments]

Its Python needs numpy alone. pytest, which is plain Python, comes from the repository's .venv, looked at last, so that
nothing compiled for another Python is taken. The exit code is pytest's.
"""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make_importable() -> None:
    """`chironomy` and, under its installed name, the folder addon/."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "tests" / "bpy")]
    sys.path.extend(str(place) for place in (ROOT / ".venv" / "lib").glob("python3*/site-packages"))
    sys.path.append(str(ROOT / ".venv" / "Lib" / "site-packages"))
    addon = ROOT / "addon"
    spec = importlib.util.spec_from_file_location(
        "chironomy_blender", addon / "__init__.py", submodule_search_locations=[str(addon)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["chironomy_blender"] = module
    spec.loader.exec_module(module)


def main() -> int:
    """Runs pytest; returns its exit code."""
    make_importable()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # .venv's plugins are compiled for another Python
    import bpy
    import pytest

    print(f"Blender {bpy.app.version_string}, Python {sys.version.split()[0]}")
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    places = [] if any(Path(argument.split("::")[0]).exists() for argument in arguments) else [str(ROOT / "tests/bpy")]
    own = ["-p", "no:cacheprovider", "--rootdir", str(ROOT), "-m", "not own_process"]  # they need bpy as a module
    return int(pytest.main([*own, *places, *arguments]))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Blender's own exit code says nothing about the script

"""A Python that the backend can live in: uv's, the system's, or Blender's own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UserError
from .children import answer_of

#: In the order in which they are preferred.
VERSIONS = ((3, 11), (3, 12), (3, 13))
_ASKING_S = 15.0
_QUESTION = (
    "import sys, json, venv, ensurepip; print(json.dumps([sys.version_info[0], sys.version_info[1], sys.prefix]))"
)


@dataclass(frozen=True)
class Maker:
    """How a virtual environment is made."""

    name: str
    command: tuple[str, ...]
    """The environment's folder comes after it."""


def find_maker(blender_python: str = sys.executable) -> Maker:
    """uv where there is one, else a fitting Python of the system, else Blender's. Raises UserError."""
    if uv := find_uv():
        version = ".".join(map(str, VERSIONS[0]))
        return Maker(f"uv (Python {version})", (uv, "venv", "--seed", "--no-project", "--python", version))
    found = dict[tuple[int, int], tuple[str, ...]]()
    for command in system_pythons():
        version = version_of(command)
        if version is not None and version not in found:
            found[version] = command
        if version == VERSIONS[0]:
            break
    if not found and (version := version_of((blender_python,))):
        found[version] = (blender_python,)
    for version in VERSIONS:
        if version in found:
            return Maker(
                f"Python {version[0]}.{version[1]}: {' '.join(found[version])}", (*found[version], "-m", "venv")
            )
    raise UserError(
        "no Python 3.11, 3.12 or 3.13 was found on this computer: install one from python.org (on Debian and Ubuntu "
        "with python3-venv), or uv, and press Install again"
    )


def find_uv() -> str | None:
    """On PATH, or where its installer puts it (programs started from a desktop do not see the shell's PATH)."""
    places = [Path.home() / ".local" / "bin", Path.home() / ".cargo" / "bin", Path("/opt/homebrew/bin")]
    found = shutil.which("uv") or shutil.which("uv", path=os.pathsep.join(map(str, places)))
    return found if found and answer_of([found, "--version"], _ASKING_S) else None


def version_of(command: tuple[str, ...]) -> tuple[int, int] | None:
    """(3, 11) and so on; nothing where it cannot run, cannot make environments, or has another version."""
    try:
        major, minor, _ = json.loads(answer_of([*command, "-I", "-c", _QUESTION], _ASKING_S) or "")
    except ValueError:
        return None
    return (major, minor) if (major, minor) in VERSIONS else None


def system_pythons() -> Iterator[tuple[str, ...]]:
    """Commands that may be a Python of the system, the best first; not each of them works."""
    if os.name == "nt" and (launcher := shutil.which("py")):
        yield from ((launcher, f"-{major}.{minor}") for major, minor in VERSIONS)
    seen = set[str]()
    for path in _places():
        real = os.path.realpath(path)
        if real not in seen and path.is_file() and not _is_shop_window(path):
            seen.add(real)
            yield (str(path),)


def _places() -> Iterator[Path]:
    ending = ".exe" if os.name == "nt" else ""
    folders = [Path(entry) for entry in os.get_exec_path() if entry]
    folders += [Path(place) for place in ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")]
    for major, minor in VERSIONS:
        yield from (folder / f"python{major}.{minor}{ending}" for folder in folders)
        yield from _installed(major, minor)
    for name in ("python3", "python"):
        yield from (folder / (name + ending) for folder in folders)


def _installed(major: int, minor: int) -> Iterator[Path]:
    """Where installers put Python without adding it to PATH."""
    name = f"python{major}.{minor}"
    if os.name == "nt":
        for root in (os.environ.get("LOCALAPPDATA", "") + "\\Programs\\Python", os.environ.get("PROGRAMFILES", "")):
            yield Path(root) / f"Python{major}{minor}" / "python.exe"
        return
    if sys.platform == "darwin":
        yield Path(f"/Library/Frameworks/Python.framework/Versions/{major}.{minor}/bin/{name}")
    yield from sorted(Path.home().glob(f".pyenv/versions/{major}.{minor}.*/bin/{name}"), reverse=True)


def _is_shop_window(path: Path) -> bool:
    """Windows has a `python.exe` that opens the Store: of 0 bytes."""
    return "WindowsApps" in path.parts and path.stat().st_size == 0

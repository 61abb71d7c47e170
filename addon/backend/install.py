"""The backend's own environment: made, verified, taken away.

    <root>/environment-<random>/   a virtual environment; not moved once it is made (its scripts name their place)
    <root>/installed.json          the stamp: which of them is whole; written last, atomically
    <root>/install.log             all that was done
    <root>/server/                 the server's data; never touched here

An install that is interrupted leaves an environment that no stamp names, which the next one takes away; what was
installed before goes on working until the new one is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from ..core.errors import UserError
from ..core.progress import Progress, silent
from .children import answer_of, run_logged
from .pythons import Maker, find_maker

TORCH = "torch>=2.6"
#: PyTorch's own indexes: on Linux PyPI has the build for NVIDIA alone, on Windows the one for CPUs alone.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_CUDA_INDEX = "https://download.pytorch.org/whl/cu128"

_STAMP, _LOG, _PREFIX = "installed.json", "install.log", "environment-"
_LARGEST_STAMP = 100_000
_DOCTOR_S = 180.0
#: What pip says besides; it stays in the log.
_NO_NEWS = ("WARNING: ", "DEPRECATION: ")
#: What the doctor may miss: the extension runs in Blender, the backend's own `bpy` is for the command line.
_OPTIONAL = ("bpy", "bpy opens")


@dataclass(frozen=True)
class Recipe:
    """What goes into the environment."""

    wheel: Path
    torch: tuple[tuple[str, ...], ...]
    """pip's arguments for torch, tried one after the other; none: no step of its own for it."""
    arguments: tuple[str, ...] = ()
    """More of pip's arguments for the wheel."""


@dataclass(frozen=True)
class Stamp:
    """What is installed."""

    environment: str
    """The name of its folder."""
    wheel: str
    sha256: str
    python: str


def carried_wheel(extension: Path) -> Path:
    """The backend's wheel that the extension carries. Raises UserError."""
    wheels = sorted((extension / "backend").glob("chironomy-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        raise UserError(
            f"{extension / 'backend'}: this copy of the extension carries no backend: install the extension from its "
            "zip, or choose an existing chironomy below"
        )
    return wheels[-1]


def has_nvidia() -> bool:
    """Whether a card and its driver are there."""
    program = shutil.which("nvidia-smi")
    return bool(program and "GPU" in (answer_of([program, "-L"], 20.0) or ""))


def standard_recipe(wheel: Path, nvidia: bool) -> Recipe:
    """The wheel and its dependencies from PyPI, and the build of torch that suits this computer."""
    own_index = {("linux", False): TORCH_CPU_INDEX, ("win32", True): TORCH_CUDA_INDEX}.get((sys.platform, nvidia))
    plain = (TORCH,)
    return Recipe(
        wheel, (plain,) if own_index is None else ((TORCH, "--index-url", own_index, "--retries", "2"), plain)
    )


def executable_in(environment: Path, name: str = "chironomy") -> Path:
    """A program of a virtual environment."""
    return environment / "Scripts" / f"{name}.exe" if os.name == "nt" else environment / "bin" / name


def existing_executable(chosen: Path) -> Path:
    """The `chironomy` that the user points at: the program itself or its environment's folder. Raises UserError."""
    candidates = [chosen, executable_in(chosen), executable_in(chosen / ".venv")]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise UserError(f"{chosen}: there is no chironomy here: choose the program, or the folder of its environment")
    if not os.access(found, os.X_OK):
        raise UserError(f"{found}: cannot be run: choose the program chironomy itself")
    return found


def read_stamp(root: Path) -> Stamp | None:
    """What is installed whole; nothing where the stamp is missing or damaged, or its environment is gone."""
    try:
        with (root / _STAMP).open(encoding="utf-8") as file:
            stamp = Stamp(**json.loads(file.read(_LARGEST_STAMP)))
    except (OSError, ValueError, TypeError):
        return None
    named_well = isinstance(stamp.environment, str) and Path(stamp.environment).name == stamp.environment
    if not (named_well and stamp.environment.startswith(_PREFIX)):
        return None
    return stamp if executable_in(root / stamp.environment).is_file() else None


def installed_executable(root: Path) -> Path | None:
    """The installed `chironomy`."""
    stamp = read_stamp(root)
    return executable_in(root / stamp.environment) if stamp else None


def is_outdated(root: Path, wheel: Path) -> bool:
    """Whether something other than this wheel is installed (after an update of the extension)."""
    stamp = read_stamp(root)
    return stamp is not None and stamp.sha256 != _digest(wheel)


def log_path(root: Path) -> Path:
    """All that the last install did."""
    return root / _LOG


def install(
    root: Path,
    recipe: Recipe,
    progress: Progress = silent,
    cancelled: threading.Event | None = None,
    maker: Callable[[], Maker] = find_maker,
) -> Stamp:
    """Makes a new environment and puts it in the place of the one before, which is also how it is repaired.

    `progress` hears the step and the last line of its output. Raises UserError, or Cancelled; what was there before
    is then as it was.
    """
    cancelled = cancelled or threading.Event()
    environment = root / f"{_PREFIX}{secrets.token_hex(4)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(root)
        with log_path(root).open("w", encoding="utf-8", buffering=1) as log:
            stamp = _Installation(environment, recipe, log, progress, cancelled).run(maker)
        _write_stamp(root, stamp)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{root}: cannot be written ({reason}): make room or check its permissions") from error
    finally:
        if (kept := read_stamp(root)) is None or kept.environment != environment.name:
            shutil.rmtree(environment, ignore_errors=True)
    _remove_leftovers(root)
    progress("Installed", 1.0)
    return stamp


def verify(
    executable: Path, progress: Progress = silent, cancelled: threading.Event | None = None, log: Path | None = None
) -> list[str]:
    """Runs `chironomy doctor --json`; what is wrong, one line each, nothing where all is well. Raises UserError."""
    output: list[str] = []

    def hear(_line: str) -> None:
        progress("Verifying", 0.0)

    command = [executable, "doctor", "--json"]
    try:
        with Path(log or os.devnull).open("w", encoding="utf-8") as file:
            status = run_logged(command, _Tee(file, output), hear, cancelled or threading.Event())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{executable}: cannot be run ({reason}): press Repair") from error
    return _faults("".join(output), status, executable)


def uninstall(root: Path) -> None:
    """Takes environments, stamp and logs away; the server's data (takes, models) stays. Raises UserError."""
    (root / _STAMP).unlink(missing_ok=True)
    _remove_leftovers(root)
    log_path(root).unlink(missing_ok=True)
    left = sorted(root.glob(f"{_PREFIX}*"))
    if left:
        raise UserError(f"{left[0]}: could not be removed whole: close programs that use it, then uninstall again")


class _Tee:
    """Writes to a log and keeps it for reading."""

    def __init__(self, log: IO[str], kept: list[str]) -> None:
        self._log, self._kept = log, kept

    def write(self, text: str) -> int:
        self._kept.append(text)
        return self._log.write(text)


@dataclass
class _Installation:
    environment: Path
    recipe: Recipe
    log: IO[str]
    progress: Progress
    cancelled: threading.Event

    def run(self, maker: Callable[[], Maker]) -> Stamp:
        self._say("Looking for Python", 0.0)
        chosen = maker()
        self._step(f"Making an environment with {chosen.name}", 0.02, [(*chosen.command, str(self.environment))])
        pip = (str(executable_in(self.environment, "python")), "-m", "pip", "install", "--progress-bar", "off")
        if self.recipe.torch:
            commands = [(*pip, *arguments) for arguments in self.recipe.torch]
            self._step("Installing torch (large)", 0.1, commands)
        wheel = (*pip, *self.recipe.arguments, str(self.recipe.wheel))
        self._step("Installing Chironomy and what it needs", 0.6, [wheel])
        self._verified()
        name = self.environment.name
        return Stamp(name, self.recipe.wheel.name, _digest(self.recipe.wheel), chosen.name)

    def _say(self, what: str, fraction: float) -> None:
        self.log.write(f"== {time.strftime('%H:%M:%S')} {what}\n")
        self.progress(what, fraction)

    def _step(self, what: str, fraction: float, commands: list[tuple[str, ...]]) -> None:
        """Runs the first of the commands that succeeds. Raises UserError."""
        last = ""

        def hear(line: str) -> None:
            nonlocal last
            if line.startswith(_NO_NEWS):
                return
            last = line or last
            self.progress(f"{what} · {line}" if line else what, fraction)

        for command in commands:
            self._say(what, fraction)
            self.log.write("$ " + " ".join(command) + "\n")
            if run_logged(command, self.log, hear, self.cancelled) == 0:
                return
        raise UserError(f"{what}: failed: {last or 'no reason was given'} (the whole story is in {self.log.name})")

    def _verified(self) -> None:
        self._say("Verifying", 0.95)
        faults = verify(executable_in(self.environment), lambda what, _: self.progress(what, 0.95), self.cancelled)
        for fault in faults:
            self.log.write(fault + "\n")
        if faults:
            raise UserError(f"what was installed does not work: {faults[0]}")


def _faults(output: str, status: int, executable: Path) -> list[str]:
    start, end = output.find("["), output.rfind("]")
    try:
        findings = json.loads(output[start : end + 1])
        missing = [finding for finding in findings if not finding["ok"] and finding["name"] not in _OPTIONAL]
        return [f"{finding['name']}: {finding['detail']}" for finding in missing]
    except (ValueError, TypeError, KeyError) as error:
        last = next((line for line in reversed(output.splitlines()) if line.strip()), f"exit status {status}")
        raise UserError(f"{executable}: does not work ({last[:200]}): press Repair") from error


def _remove_leftovers(root: Path) -> None:
    """Environments that no stamp names. What cannot be removed now (Windows, in use) goes the next time."""
    stamp = read_stamp(root)
    for folder in root.glob(f"{_PREFIX}*"):
        if stamp is None or folder.name != stamp.environment:
            shutil.rmtree(folder, ignore_errors=True)


def _write_stamp(root: Path, stamp: Stamp) -> None:
    temporary = root / f".{_STAMP}.{os.getpid()}"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(stamp), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(root / _STAMP)


def _digest(path: Path) -> str:
    return _digest_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _digest_of(path: Path, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

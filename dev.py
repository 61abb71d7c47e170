#!/usr/bin/env python3
"""The project's commands for a fresh machine: `python3.11 dev.py demo`, `test`, `lint`, … (see --help).

Needs Python 3.11 and nothing else: it makes the environments that the commands run in.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BLENDER_45_ENVIRONMENT = ROOT / ".venv-blender45"
LOCK = ROOT / "requirements.lock"
TORCH = "torch==2.13.0"
BLENDER_50 = "bpy==5.0.1"
BLENDER_45 = "bpy==4.5.15"
BLENDER_45_PACKAGES = ("numpy", "pytest", "hypothesis")

#: Libraries of the system that Blender's module opens on Linux, and the Debian package of each.
SYSTEM_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
}


def executable(environment: Path, name: str) -> Path:
    """A program of a virtual environment."""
    folder, ending = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return environment / folder / (name + ending)


def run(*command: str | Path, **variables: str) -> None:
    """Runs a command in the repository's root; a failure ends dev.py with the same exit status."""
    status = subprocess.run([str(part) for part in command], cwd=ROOT, env={**os.environ, **variables}).returncode
    if status:
        sys.exit(status)


def missing_system_packages() -> list[str]:
    """Debian names of the system libraries that are not there."""
    missing = []
    for library, package in SYSTEM_LIBRARIES.items() if sys.platform.startswith("linux") else ():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def check_machine() -> None:
    """Ends with one line where something is missing that pip cannot bring."""
    if sys.version_info[:2] != (3, 11):
        found = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"dev.py: needs Python 3.11 (Blender's module exists for no other), this is {found}: python3.11 dev.py"
        )
    if missing := missing_system_packages():
        sys.exit(f"dev.py: system libraries are missing: sudo apt-get install {' '.join(missing)}")


def fingerprint(wanted: Sequence[str]) -> str:
    """Changes when what has to be installed changes."""
    parts = [ROOT / name for name in ("pyproject.toml", "setup.py", "requirements.lock")]
    content = b"".join(part.read_bytes() for part in parts if part.exists()) + repr(wanted).encode()
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def constraints(environment: Path) -> Path:
    """The locked versions, for any Blender: which one an environment holds is for its steps to say."""
    locked = [line for line in LOCK.read_text().splitlines() if not line.startswith("bpy==")]
    path = environment / "constraints.txt"
    path.write_text("\n".join([*locked, ""]))
    return path


def make_environment(environment: Path, steps: Sequence[Sequence[str]]) -> None:
    """Makes a virtual environment by pip, one call a step; does nothing where it stands already."""
    stamp = environment / ".installed"
    wanted = fingerprint([argument for step in steps for argument in step])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    check_machine()
    started = time.monotonic()
    print(f"Making {environment.name}/ (once; a few minutes)", flush=True)
    if not executable(environment, "python").exists():
        run(sys.executable, "-m", "venv", environment)
    if not executable(environment, "pip").exists():
        sys.exit(f"dev.py: {environment.name}/ has no pip: sudo apt-get install python3.11-venv, and remove the folder")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    for number, step in enumerate(steps, start=1):
        print(f"  [{number}/{len(steps)}] installing {' '.join(step)}", flush=True)
        run(executable(environment, "python"), "-m", "pip", "install", "--disable-pip-version-check", *quiet,
            "--constraint", constraints(environment), *step)  # fmt: skip
    stamp.write_text(wanted)
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def setup() -> None:
    """Makes .venv/ with everything in it."""
    # torch by itself and first: asked for through another package, it would come with gigabytes for GPUs
    make_environment(ENVIRONMENT, [[TORCH], [BLENDER_50, "--editable", ".[blender,train,dev]"]])


def setup_blender_45() -> None:
    """Makes .venv-blender45/: Blender 4.5 LTS, which cannot share an environment with 5.0."""
    make_environment(BLENDER_45_ENVIRONMENT, [[*BLENDER_45_PACKAGES], ["--no-deps", "--editable", "."], [BLENDER_45]])


def demo(_arguments: list[str]) -> None:
    """Gestures for the bundled recording: out/demo.{npz,bvh,fbx,blend,glb,png}."""
    setup()
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    recording = ROOT / "presets" / "demo" / "speech.flac"
    outputs = [f"--output={out / f'demo.{ending}'}" for ending in ("npz", "bvh", "fbx", "blend", "glb", "png")]
    run(
        executable(ENVIRONMENT, "chironomy"),
        "generate",
        recording,
        "--transcript",
        recording.with_suffix(".txt"),
        *outputs,
    )


def test(arguments: list[str]) -> None:
    """All tests: everything in Blender 5.0's environment, then what touches Blender in 4.5 too."""
    setup()
    setup_blender_45()
    run(executable(ENVIRONMENT, "python"), "-m", "pytest", "--numprocesses=auto", "--maxprocesses=4", *arguments)
    if not arguments:
        print("Once more in Blender 4.5: tests/bpy", flush=True)
        run(executable(BLENDER_45_ENVIRONMENT, "python"), "-m", "pytest", "tests/bpy")


def lint(_arguments: list[str]) -> None:
    """ruff (check and format), pyright on backend/, import contracts."""
    setup()
    run(executable(ENVIRONMENT, "ruff"), "check", ".")
    run(executable(ENVIRONMENT, "ruff"), "format", "--check", ".")
    run(executable(ENVIRONMENT, "pyright"))
    run(executable(ENVIRONMENT, "lint-imports"))


def bench(arguments: list[str]) -> None:
    """Seconds for each minute of speech, stage by stage, and peak memory; `bench panel`, `server`, …: docs/bench."""
    setup()
    scripts = {path.stem: path for path in (ROOT / "docs" / "bench").glob("*.py")}
    named = arguments[:1] if arguments and arguments[0] in scripts else []
    run(executable(ENVIRONMENT, "python"), scripts[(named or ["stages"])[0]], *arguments[len(named) :])


def extension(arguments: list[str]) -> None:
    """Builds and validates the Blender extension, dist/chironomy-<version>.zip."""
    setup()
    run(executable(ENVIRONMENT, "python"), ROOT / "packaging" / "build_extension.py", *arguments)


def lock(_arguments: list[str]) -> None:
    """Writes requirements.lock from what is installed in .venv/."""
    setup()
    command = [str(executable(ENVIRONMENT, "python")), "-m", "pip", "freeze", "--exclude-editable"]
    frozen = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    # a build tag ("+cpu") belongs to one package index; the version holds everywhere
    lines = [line.split("+")[0] for line in frozen.splitlines() if "==" in line]
    LOCK.write_text("\n".join(["# Versions that CI uses; written by: python3.11 dev.py lock", *lines, ""]))
    print(f"{LOCK.name}: {len(lines)} packages")


def main() -> None:
    commands = {
        "setup": lambda _arguments: setup(),
        "demo": demo,
        "test": test,
        "lint": lint,
        "bench": bench,
        "extension": extension,
        "lock": lock,
    }
    helps = {name: (command.__doc__ or setup.__doc__ or "").strip() for name, command in commands.items()}
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {name:10} {text}" for name, text in helps.items()),
    )
    parser.add_argument("command", choices=commands)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on, e.g. to pytest")
    given = parser.parse_args()
    commands[given.command](given.arguments)


if __name__ == "__main__":
    main()

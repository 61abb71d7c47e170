"""The built zip, installed into Blender, against a real server: what an animator does, from speech to files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.own_process
PROGRAM = ROOT / ".venv" / ("Scripts/chironomy.exe" if os.name == "nt" else "bin/chironomy")
PYTHON = PROGRAM.with_name(PROGRAM.name.replace("chironomy", "python"))
#: What the zip is built from, apart from the models.
PACKAGED = (
    "addon", "backend", "packaging", "presets", "LICENSE", "README.md", "blender_manifest.toml", "pyproject.toml",
    "setup.py",
)  # fmt: skip
MODEL = {"base.safetensors": b"weights", "config.yaml": b"model: {front_end: {speech: none, text: minilm}}"}


def write_stand_in(folder: Path) -> None:
    """A few bytes with a card, in the place of the model that comes along."""
    folder.mkdir(parents=True)
    for name, content in MODEL.items():
        (folder / name).write_bytes(content)
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in MODEL.items()
    }
    origin = {"system": "semtalk", "name": "x", "summary": "Made up.", "licence": "none", "made_by": "make it"}
    (folder / "card.json").write_text(json.dumps({"origin": origin, "files": files}))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, built from a copy of the repository."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is missing: python3.11 dev.py setup")
    folder = tmp_path_factory.mktemp("build")
    copy = folder / "repository"
    copy.mkdir()
    for name in PACKAGED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, copy)
    write_stand_in(copy / "models" / "chironomy-s")
    build = [sys.executable, str(copy / "packaging" / "build_extension.py"), str(folder)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    return next(folder.glob("chironomy-*.zip"))


@pytest.fixture(scope="module")
def seen(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the flow saw, in a Blender of its own."""
    folder = tmp_path_factory.mktemp("extension")
    (folder / "blender").mkdir()
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(folder / "blender")}
    flow = [
        sys.executable,
        str(Path(__file__).parent / "extension" / "flow.py"),
        str(archive),
        str(PROGRAM),
        str(folder),
    ]
    done = subprocess.run(flow, capture_output=True, text=True, env=environment, timeout=600)
    line = next((line for line in done.stdout.splitlines() if line.startswith("SEEN ")), None)
    assert line, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    return json.loads(line[5:])


def test_the_zip_brings_the_model_inside_the_backends_wheel_where_it_is_found(archive: Path, tmp_path: Path):
    with ZipFile(archive) as zipped:
        assert not [name for name in zipped.namelist() if name.startswith("models/")], "once is enough"
        wheel = next(name for name in zipped.namelist() if name.endswith(".whl"))
        zipped.extract(wheel, tmp_path)
    with ZipFile(tmp_path / wheel) as wheel_files:
        wheel_files.extractall(tmp_path / "installed")
    installed = tmp_path / "installed" / "chironomy" / "models" / "chironomy-s"
    assert {name: (installed / name).read_bytes() for name in MODEL} == MODEL
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    del environment["CHIRONOMY_BUNDLED_MODELS"]
    code = "from chironomy.generators.default import default_choice; print(default_choice())"
    command = [str(PYTHON), "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.stdout.strip() == "Choice(generator='semtalk', model='chironomy-s', notice='')", done.stderr


def test_registering_takes_no_time(seen: dict):
    assert seen["registering_s"] < 0.05


def test_the_panel_lists_the_words_of_the_transcript(seen: dict):
    assert seen["words"][:4] == ["I", "never", "said", "that"]
    assert len(seen["words"]) == 47


@pytest.mark.parametrize("slider", ["0.0", "1.8"])
def test_a_slider_changes_the_pose_there_and_nothing_two_seconds_away(seen: dict, slider: str):
    assert seen[f"at {slider}"] > 0.05
    assert seen[f"2 s away from {slider}"] == 0.0


def test_accepting_leaves_one_clean_action_that_shows_the_same(seen: dict):
    assert seen["tracks left"] == 0
    assert seen["accepting changes"] < 0.02


@pytest.mark.parametrize("kind", ["fbx", "bvh"])
def test_exported_files_are_as_long_as_the_recording(seen: dict, kind: str):
    assert seen[kind]["frames"] == pytest.approx(424, abs=1)
    assert seen[kind]["bones"] == 55

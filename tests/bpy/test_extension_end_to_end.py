"""The built zip, installed into Blender, against a real server: what an animator does, from speech to files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.own_process
PROGRAM = ROOT / ".venv" / ("Scripts/chironomy.exe" if os.name == "nt" else "bin/chironomy")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the flow saw, in a Blender of its own."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is missing: python3.11 dev.py setup")
    folder = tmp_path_factory.mktemp("extension")
    build = [sys.executable, str(ROOT / "packaging" / "build_extension.py"), str(folder)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    archive = next(folder.glob("chironomy-*.zip"))
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

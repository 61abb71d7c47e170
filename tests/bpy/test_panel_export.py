"""*Export* through its operator."""

from pathlib import Path

import bpy
import numpy as np
import pytest


def test_export_writes_each_take_to_a_file_of_its_own(server, scene, armature, tmp_path) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    settings = scene.chironomy.export
    settings.format, settings.which, settings.folder, settings.name = (
        "bvh",
        "ALL",
        str(tmp_path),
        "{sound}_{seed}_{take}",
    )
    bpy.ops.chironomy.export()
    assert len(list(tmp_path.glob("line_1_Anna 1*.bvh"))) == 2
    assert scene.chironomy.takes[0].shown


def test_an_accepted_action_is_exported_as_the_take_was_shown(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    settings = scene.chironomy.export
    settings.format, settings.folder, settings.name = "bvh", str(tmp_path), "live"
    bpy.ops.chironomy.export()
    bpy.ops.chironomy.take_accept()
    settings.name = "accepted"
    bpy.ops.chironomy.export()
    live, accepted = (_numbers(tmp_path / f"{name}.bvh") for name in ("live", "accepted"))
    np.testing.assert_allclose(live, accepted, atol=2e-3)


def test_a_wrong_placeholder_in_the_name_is_told(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.export.folder, scene.chironomy.export.name = str(tmp_path), "{shot}"
    with pytest.raises(RuntimeError, match=r"there is no \{shot\}"):
        bpy.ops.chironomy.export()


def _numbers(bvh: Path) -> np.ndarray:
    lines = bvh.read_text().split("Frame Time:")[1].splitlines()[1:]
    return np.array([line.split() for line in lines], dtype=float)

"""Installing for real: a real environment and a real pip, with a small package in the place of the backend."""

import json
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from chironomy_blender.backend import install
from chironomy_blender.backend.children import clean_environment
from chironomy_blender.backend.pythons import VERSIONS, Maker, find_maker, find_uv, system_pythons, version_of
from chironomy_blender.core.errors import UserError
from chironomy_blender.core.progress import Cancelled

DOCTOR = """
import json, sys
def main():
    print(json.dumps([{"name": "python", "ok": %s, "detail": "as it is", "remedy": ""},
                      {"name": "bpy", "ok": False, "detail": "missing", "remedy": ""}]))
    sys.exit(1)
"""
OFFLINE = ("--no-deps", "--no-index")


def wheel(folder: Path, well: bool = True) -> Path:
    """A package called chironomy, with a program whose doctor finds everything, or not."""
    path = folder / "chironomy-0.1.0-py3-none-any.whl"
    info = "chironomy-0.1.0.dist-info"
    files = {
        "chironomy/__init__.py": DOCTOR % well,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: chironomy\nVersion: 0.1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nchironomy = chironomy:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def this_python() -> Maker:
    return Maker("this Python", (sys.executable, "-m", "venv"))


def environments(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("environment-*"))


@pytest.mark.slow
def test_installing_cancelling_repairing_and_uninstalling(tmp_path):
    root = tmp_path / "root"
    recipe = install.Recipe(wheel(tmp_path), (), OFFLINE)
    said = []
    first = install.install(root, recipe, lambda stage, fraction: said.append((stage, fraction)), maker=this_python)
    assert install.read_stamp(root) == first
    assert install.verify(install.installed_executable(root)) == []
    assert [fraction for _, fraction in said] == sorted(fraction for _, fraction in said)
    assert any("Successfully installed" in stage for stage, _ in said)
    assert "Successfully installed" in install.log_path(root).read_text()
    assert not install.is_outdated(root, recipe.wheel)

    cancelled = threading.Event()
    with pytest.raises(Cancelled):
        install.install(root, recipe, lambda stage, _: "Making" in stage and cancelled.set(), cancelled, this_python)
    assert environments(root) == [first.environment], "what was there goes on working, the half one is gone"

    (root / first.environment / "bin" / "chironomy").write_text("#!/bin/sh\necho broken\n")
    with pytest.raises(UserError, match="press Repair"):
        install.verify(install.installed_executable(root))
    second = install.install(root, recipe, maker=this_python)
    assert environments(root) == [second.environment]
    assert install.verify(install.installed_executable(root)) == []

    takes = root / "server" / "takes"
    takes.mkdir(parents=True)
    install.uninstall(root)
    assert environments(root) == []
    assert install.read_stamp(root) is None
    assert takes.is_dir()


@pytest.mark.slow
def test_what_does_not_work_once_installed_is_not_installed(tmp_path):
    root = tmp_path / "root"
    with pytest.raises(UserError, match="python: as it is"):
        install.install(root, install.Recipe(wheel(tmp_path, well=False), (), OFFLINE), maker=this_python)
    assert environments(root) == []
    assert install.installed_executable(root) is None


def test_a_failing_step_says_its_last_line(tmp_path):
    maker = Maker("a failing one", (sys.executable, "-c", "print('disk full'); raise SystemExit(3)"))
    with pytest.raises(UserError, match="disk full"):
        install.install(tmp_path, install.Recipe(wheel(tmp_path), ()), maker=lambda: maker)
    assert environments(tmp_path) == []


def test_cancelling_ends_a_command_that_says_nothing(tmp_path):
    maker = Maker("a slow one", (sys.executable, "-c", "import time; time.sleep(60)"))
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    with pytest.raises(Cancelled):
        install.install(tmp_path, install.Recipe(wheel(tmp_path), ()), cancelled=cancelled, maker=lambda: maker)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"environment": "../x", "wheel": "", "sha256": "", "python": ""}'])
def test_a_damaged_stamp_means_not_installed(tmp_path, content):
    (tmp_path / "installed.json").write_text(content)
    assert install.installed_executable(tmp_path) is None


def test_a_stamp_whose_environment_is_gone_means_not_installed(tmp_path):
    stamp = {"environment": "environment-1", "wheel": "w", "sha256": "s", "python": "p"}
    (tmp_path / "installed.json").write_text(json.dumps(stamp))
    assert install.read_stamp(tmp_path) is None


def test_an_extension_without_a_wheel_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="carries no backend"):
        install.carried_wheel(tmp_path)


def test_torch_comes_from_the_index_that_has_the_right_build(monkeypatch, tmp_path):
    def indexes(platform, nvidia):
        monkeypatch.setattr(install.sys, "platform", platform)
        return [arguments[2:3] for arguments in install.standard_recipe(tmp_path, nvidia).torch]

    assert indexes("linux", False) == [(install.TORCH_CPU_INDEX,), ()]
    assert indexes("linux", True) == [()]
    assert indexes("win32", True) == [(install.TORCH_CUDA_INDEX,), ()]
    assert indexes("darwin", False) == [()]


def test_children_inherit_nothing_of_blenders_python(monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    environment = clean_environment()
    assert not {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "VIRTUAL_ENV"} & set(environment)
    assert (environment["PYTHONNOUSERSITE"], environment["PIP_INDEX_URL"]) == ("1", "kept")


def test_a_python_of_this_computer_is_found_and_fits():
    if not any(version_of(command) for command in system_pythons()):
        pytest.skip("this computer has no Python 3.11 to 3.13 that can make environments")
    assert find_maker(blender_python="/nowhere").command
    assert version_of(("/nowhere",)) is None
    assert all(len(version) == 2 for version in VERSIONS)


def test_an_existing_environment_or_program_can_be_pointed_at(tmp_path):
    program = install.executable_in(tmp_path)
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    assert install.existing_executable(tmp_path) == install.existing_executable(program) == program
    with pytest.raises(UserError, match="no chironomy here"):
        install.existing_executable(tmp_path / "elsewhere")


@pytest.mark.slow
@pytest.mark.skipif(find_uv() is None, reason="no uv on this computer")
def test_uv_is_taken_where_it_can_be_had_and_makes_an_environment_with_pip(tmp_path):
    recipe = install.Recipe(wheel(tmp_path), (), OFFLINE)
    stamp = install.install(tmp_path / "root", recipe)
    assert stamp.python.startswith("uv")
    assert install.verify(install.installed_executable(tmp_path / "root")) == []

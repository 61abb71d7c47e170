"""Preferences and operators of the backend in Blender: what they draw in each state, and what registering costs."""

import subprocess
import sys
import time

import bpy
import pytest

from chironomy_blender import preferences
from chironomy_blender.backend.state import State, Status
from chironomy_blender.operators import backend as operators


class Recorder:
    """A layout that keeps what is drawn on it."""

    def __init__(self, drawn=None):
        self.drawn = [] if drawn is None else drawn

    def _part(self, *_args, **_options):
        return Recorder(self.drawn)

    row = column = box = _part

    def label(self, text="", icon="NONE"):
        self.drawn.append(text)

    def progress(self, factor, text=""):
        self.drawn.append(text)

    def operator(self, name, **_options):
        module, _, operator = name.partition(".")
        getattr(getattr(bpy.ops, module), operator).get_rna_type()  # raises where there is none
        self.drawn.append(name)

    def prop(self, data, name, **_options):
        assert name in type(data).__annotations__ or name in data.__annotations__
        self.drawn.append(name)


@pytest.fixture(autouse=True)
def registered(tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "user_folder", lambda: tmp_path / "own")
    monkeypatch.delenv("CHIRONOMY_EXECUTABLE", raising=False)
    preferences.register()
    operators.register()
    yield
    operators.unregister()
    preferences.unregister()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("fraction", [None, 0.4])
def test_every_state_can_be_drawn_and_says_what_to_do_next(state, fraction, monkeypatch):
    status = Status(state, "torch, 3 of 7", fraction)
    monkeypatch.setattr(type(preferences.backend()), "status", lambda _self: status)
    layout = Recorder()
    preferences.draw_status(layout)
    preferences.draw_installation(layout)
    assert status.line in layout.drawn
    assert status.next_step in layout.drawn
    assert ("chironomy.install_backend" in layout.drawn) == (state is State.NOT_INSTALLED)
    assert ("chironomy.cancel_backend" in layout.drawn) == (state in (State.INSTALLING, State.STARTING))


def test_an_outdated_backend_is_told_with_a_button_that_updates_it(monkeypatch):
    monkeypatch.setattr(type(preferences.backend()), "status", lambda _self: Status(State.STOPPED))
    monkeypatch.setattr(type(preferences.backend()), "is_outdated", lambda _self: True)
    layout = Recorder()
    preferences.draw_installation(layout)
    assert any("extension was updated" in text for text in layout.drawn)
    assert "chironomy.repair_backend" in layout.drawn


def test_without_online_access_nothing_can_be_installed(monkeypatch):
    monkeypatch.setattr(preferences, "why_offline", lambda: "Online access is off")
    layout = Recorder()
    preferences.draw_installation(layout)
    assert "Online access is off" in layout.drawn
    assert not bpy.ops.chironomy.install_backend.poll()
    with pytest.raises(RuntimeError, match="Online access is off"):
        bpy.ops.chironomy.install_backend()


def test_buttons_without_sense_say_why():
    for name, why in [
        ("start_server", "not installed"),
        ("stop_server", "does not run"),
        ("uninstall_backend", "Nothing"),
    ]:
        with pytest.raises(RuntimeError, match=why):
            getattr(bpy.ops.chironomy, name)()


def test_an_installation_that_fails_is_reported_in_one_line(monkeypatch):
    monkeypatch.setattr(preferences, "why_offline", lambda: "")
    monkeypatch.setattr("chironomy_blender.backend.install.has_nvidia", lambda: False)

    def none(_extension):
        from chironomy_blender.core.errors import UserError

        raise UserError("this copy carries no backend")

    monkeypatch.setattr("chironomy_blender.backend.install.carried_wheel", none)
    with pytest.raises(RuntimeError, match="this copy carries no backend"):
        bpy.ops.chironomy.install_backend()
    assert preferences.backend().status().state is State.FAILED


def test_registering_is_quick_and_starts_nothing():
    operators.unregister()
    preferences.unregister()
    begun = time.perf_counter()
    preferences.register()
    operators.register()
    assert time.perf_counter() - begun < 0.05
    assert preferences._backend is None


@pytest.mark.own_process
def test_importing_the_preferences_loads_no_client():
    code = (
        "import sys, bpy; from chironomy_blender import preferences; from chironomy_blender.operators import backend; "
        "sys.exit(any('backend.link' in name or 'backend.client' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

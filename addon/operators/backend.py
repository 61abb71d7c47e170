"""Installing the backend, and starting and stopping its server.

With a window, installing and verifying return at once and the preferences show how it goes; without one they wait.
Starting returns at once when clicked, and waits when called with 'EXEC_DEFAULT'.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from .. import preferences
from ..core.errors import UserError
from .reporting import requires

_REDRAW_S = 0.2


def _offline(_context: bpy.types.Context) -> str:
    return preferences.why_offline()


def _working(_context: bpy.types.Context) -> str:
    return "Something is going on already: wait, or cancel it" if preferences.backend().is_working else ""


def _missing(_context: bpy.types.Context) -> str:
    from ..backend.state import State

    missing = preferences.backend().status().state is State.NOT_INSTALLED
    return "The backend is not installed" if missing else ""


def _nothing_of_ours(_context: bpy.types.Context) -> str:
    return "" if any(preferences.user_folder().glob("environment-*")) else "Nothing is installed here"


def _running(_context: bpy.types.Context) -> str:
    return "" if _not_running(_context) else "The server runs already"


def _not_running(_context: bpy.types.Context) -> str:
    from ..backend.state import State

    running = preferences.backend().status().state in (State.READY, State.BUSY)
    return "" if running else "The server does not run"


class _BackendOperator:
    """What they share: the user's errors and notices become reports, and the windows follow what goes on."""

    bl_options = {"REGISTER", "INTERNAL"}

    def _done(self, work: Callable[[], object]) -> set[str]:
        """Runs `work`; the report says what went wrong."""
        try:
            work()
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for notice in preferences.backend().take_notices():
            self.report({"INFO"}, notice)
        return {"FINISHED"}

    def _long(self, work: Callable[..., object]) -> set[str]:
        """The same for long work: with a window it goes on in the background, without one it is waited for."""
        from ..backend.state import State

        wait = bpy.app.background or not bpy.context.window_manager.windows
        ended = self._done(lambda: work(wait=wait))
        if not wait:
            _follow()
            return ended
        status = preferences.backend().status()
        if status.state is State.FAILED:
            self.report({"ERROR"}, status.detail)
            return {"CANCELLED"}
        return ended


@requires(_offline, _working)
class _Installing(_BackendOperator):
    """Both make a new environment."""

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Install the backend?",
            message="Downloads about 400 MB, with an NVIDIA card about 3 GB, from PyPI and PyTorch",
            confirm_text="Install",
        )

    def execute(self, _context):
        return self._long(preferences.backend().install)


class CHIRONOMY_OT_install_backend(_Installing, bpy.types.Operator):
    """Install the backend into the extension's own folder. Downloads about 400 MB, with an NVIDIA card about 3 GB"""

    bl_idname = "chironomy.install_backend"
    bl_label = "Install Backend"


class CHIRONOMY_OT_repair_backend(_Installing, bpy.types.Operator):
    """Install the backend anew; takes and models stay"""

    bl_idname = "chironomy.repair_backend"
    bl_label = "Repair"


@requires(_working, _missing)
class CHIRONOMY_OT_verify_backend(_BackendOperator, bpy.types.Operator):
    """Check that everything the backend needs is there"""

    bl_idname = "chironomy.verify_backend"
    bl_label = "Verify"

    def execute(self, _context):
        return self._long(preferences.backend().verify)


@requires(_working, _nothing_of_ours)
class CHIRONOMY_OT_uninstall_backend(_BackendOperator, bpy.types.Operator):
    """Remove the installed backend; takes and models stay"""

    bl_idname = "chironomy.uninstall_backend"
    bl_label = "Uninstall"

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context):
        return self._done(preferences.backend().uninstall)


class CHIRONOMY_OT_cancel_backend(_BackendOperator, bpy.types.Operator):
    """Stop installing or starting; what was installed before stays"""

    bl_idname = "chironomy.cancel_backend"
    bl_label = "Cancel"

    def execute(self, _context):
        return self._done(preferences.backend().cancel)


@requires(_working, _missing, _running)
class CHIRONOMY_OT_start_server(_BackendOperator, bpy.types.Operator):
    """Start the server, or use the one that runs already for another Blender"""

    bl_idname = "chironomy.start_server"
    bl_label = "Start"

    def invoke(self, _context, _event):
        _follow()
        return self._done(preferences.backend().start)

    def execute(self, _context):
        return self._done(lambda: preferences.backend().client(may_start=True))


@requires(_working, _not_running)
class CHIRONOMY_OT_stop_server(_BackendOperator, bpy.types.Operator):
    """Stop the server if this Blender started it; otherwise only let go of it"""

    bl_idname = "chironomy.stop_server"
    bl_label = "Stop"

    def execute(self, _context):
        return self._done(preferences.backend().stop)


class CHIRONOMY_OT_open_backend_log(_BackendOperator, bpy.types.Operator):
    """Show the folder with the logs of the installation and of the server"""

    bl_idname = "chironomy.open_backend_log"
    bl_label = "Logs"

    def execute(self, _context):
        folder = preferences.user_folder()
        if not folder.is_dir():
            self.report({"INFO"}, "There are no logs yet")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


def _follow() -> None:
    """Redraws the preferences and sidebars while something goes on."""
    if not bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.register(_redraw, first_interval=_REDRAW_S)


def _redraw() -> float | None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("PREFERENCES", "VIEW_3D"):
                area.tag_redraw()
    return _REDRAW_S if preferences.backend().is_working else None


CLASSES = (
    CHIRONOMY_OT_install_backend,
    CHIRONOMY_OT_repair_backend,
    CHIRONOMY_OT_verify_backend,
    CHIRONOMY_OT_uninstall_backend,
    CHIRONOMY_OT_cancel_backend,
    CHIRONOMY_OT_start_server,
    CHIRONOMY_OT_stop_server,
    CHIRONOMY_OT_open_backend_log,
)


def register() -> None:
    for each in CLASSES:
        bpy.utils.register_class(each)


def unregister() -> None:
    if bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.unregister(_redraw)
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)

"""The add-on's preferences, and the one `Backend` that they configure."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

if TYPE_CHECKING:
    from .backend.link import Backend, Settings

_ROOT = __package__ or ""
_FOLDER = "chironomy"
_DEVICES = (
    ("auto", "Automatic", "The graphics card where there is one that can be used, else the processor"),
    ("cpu", "Processor", "Works everywhere"),
    ("cuda", "NVIDIA graphics card", "Needs the GPU build, which Install chooses where it finds a card"),
    ("mps", "Apple graphics", "Apple silicon"),
)
_backend: "Backend | None" = None


class ChironomyPreferences(bpy.types.AddonPreferences):
    """Where the backend is and how it runs."""

    bl_idname = _ROOT

    executable: StringProperty(
        name="Existing chironomy",
        description="A chironomy that is installed already: the program, or the folder of its environment. "
        "Empty: the one that Install makes",
        subtype="FILE_PATH",
    )
    automatic_start: BoolProperty(
        name="Start automatically",
        description="Start the server when it is first needed. It never starts with Blender",
        default=True,
    )
    device: EnumProperty(
        name="Device", description="What generates; takes effect when the server starts", items=_DEVICES
    )
    model_folder: StringProperty(
        name="Model folder",
        description="Where generators look for models of your own. Empty: the bundled ones alone",
        subtype="DIR_PATH",
    )
    smplx_model: StringProperty(
        name="SMPL-X model file",
        description="Your own SMPLX_NEUTRAL.npz or the like (from smpl-x.is.tue.mpg.de; its licence forbids shipping "
        "it). Empty: the neutral body",
        subtype="FILE_PATH",
    )

    def draw(self, _context: bpy.types.Context) -> None:
        draw_status(self.layout)
        draw_installation(self.layout)
        column = self.layout.column()
        column.use_property_split = True
        for name in ("executable", "automatic_start", "device", "model_folder", "smplx_model"):
            column.prop(self, name)


def draw_status(layout: bpy.types.UILayout) -> None:
    """The line with the state and what to do next; for panels too."""
    from .backend.state import State

    icons = {State.FAILED: "ERROR", State.READY: "CHECKMARK", State.NOT_INSTALLED: "IMPORT", State.STOPPED: "PAUSE"}
    status = backend().status()
    box = layout.box().column(align=True)
    if status.fraction is None:
        box.label(text=status.line, icon=icons.get(status.state, "SORTTIME"))
    else:
        box.progress(factor=status.fraction, text=status.line)
    box.label(text=status.next_step, icon="BLANK1")


def draw_installation(layout: bpy.types.UILayout) -> None:
    """The buttons; each says itself why it is disabled."""
    from .backend.state import State

    state = backend().status().state
    row = layout.row(align=True)
    if state in (State.INSTALLING, State.STARTING):
        row.operator("chironomy.cancel_backend", icon="CANCEL")
    elif state is State.NOT_INSTALLED:
        row.operator("chironomy.install_backend", icon="IMPORT")
        if offline := why_offline():
            layout.label(text=offline, icon="INFO")
    else:
        outdated = backend().is_outdated()
        if outdated:
            layout.label(text="The extension was updated: update the backend, too", icon="ERROR")
        row = layout.row(align=True)
        row.operator("chironomy.verify_backend")
        row.operator("chironomy.repair_backend", text="Update" if outdated else "Repair")
        row.operator("chironomy.uninstall_backend")
    row = layout.row(align=True)
    for name in ("start_server", "stop_server", "open_backend_log"):
        row.operator(f"chironomy.{name}")


def preferences() -> "ChironomyPreferences | None":
    """The user's; none where the add-on is loaded as a Python module."""
    addon = bpy.context.preferences.addons.get(_ROOT)
    return addon.preferences if addon else None


def user_folder() -> Path:
    """The folder that is the extension's own; made by whoever writes into it first."""
    if _ROOT.startswith("bl_ext"):
        return Path(bpy.utils.extension_path_user(_ROOT, path="", create=True))
    return Path(bpy.utils.resource_path("USER")) / "datafiles" / _FOLDER


def backend() -> "Backend":
    """The link to the backend, with today's preferences. For the main thread; the object itself is for any."""
    global _backend
    from .backend.link import Backend

    settings = current_settings()
    if _backend is None:
        _backend = Backend(settings)
    else:
        _backend.configure(settings)
    return _backend


def current_settings() -> "Settings":
    """The preferences as plain values."""
    from .backend.link import Settings, default_executable

    chosen = preferences()
    root, extension = user_folder(), Path(__file__).parent
    if chosen is None:
        return Settings(root, extension, default_executable())

    def absolute(path: str) -> str:
        return bpy.path.abspath(path) if path else ""

    return Settings(
        root,
        extension,
        absolute(chosen.executable) or default_executable(),
        chosen.device,
        absolute(chosen.model_folder),
        absolute(chosen.smplx_model),
        chosen.automatic_start,
    )


def why_offline() -> str:
    """Why nothing may be downloaded; empty where it may."""
    if bpy.app.online_access:
        return ""
    return "Online access is off: switch on Preferences › System › Network › Allow Online Access"


CLASSES = (ChironomyPreferences,)


def register() -> None:
    for each in CLASSES:
        bpy.utils.register_class(each)


def unregister() -> None:
    global _backend
    if _backend is not None:
        _backend.leave()
        _backend = None
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)

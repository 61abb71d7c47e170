"""What Blender does in its window while make_blender_pictures.py photographs it.

The steps are asked for by name, through files in the folder that PICTURES_FOLDER names, and are what an animator would
do: the extension is installed from its zip, and every button is its operator. The answer to each says where the parts
of the window lie.
"""

import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

import bpy

FOLDER = Path(os.environ["PICTURES_FOLDER"])
PROGRAM = os.environ["PICTURES_CHIRONOMY"]
DEMO = Path(__file__).parents[1] / "presets" / "demo"
PANELS = ("speech", "character", "generate", "emphasis", "takes", "export")
EXTENSION = "bl_ext.user_default.chironomy"
_hidden: list[type] = []


def install() -> None:
    """The zip, in a Blender that has never seen it."""
    bpy.context.preferences.system.use_region_overlap = False
    bpy.ops.extensions.package_install_files(
        filepath=str(FOLDER / "chironomy.zip"), repo="user_default", enable_on_install=True
    )
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)
    bpy.context.scene.render.fps = 30


def show_preferences() -> None:
    """The largest area shows the add-on's preferences."""
    view().type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Chironomy"
    import addon_utils

    operate("addon_refresh", "EXEC_DEFAULT", "preferences")
    addon_utils.module_bl_info(next(item for item in addon_utils.modules() if item.__name__ == EXTENSION))[
        "show_expanded"
    ] = True


def start_installing() -> None:
    bpy.context.preferences.system.use_online_access = True
    operate("install_backend", "EXEC_DEFAULT")


def cancel_installing() -> None:
    operate("cancel_backend", "EXEC_DEFAULT")


def start_server() -> None:
    bpy.context.preferences.addons[EXTENSION].preferences.executable = PROGRAM
    operate("start_server", "INVOKE_DEFAULT")


def show_disabled() -> None:
    """A new scene: nothing is chosen yet, and Generate says so."""
    view().type = "VIEW_3D"
    bpy.ops.object.select_all(action="DESELECT")
    show_sidebar("character", "generate")


def prepare_speech() -> None:
    settings = bpy.context.scene.chironomy
    settings.speech.sound_path = str(DEMO / "speech.flac")
    settings.speech.text_source, settings.speech.text_path = "FILE", str(DEMO / "speech.txt")
    bpy.ops.chironomy.make_mannequin("EXEC_DEFAULT")
    bpy.ops.chironomy.place_sound("EXEC_DEFAULT")
    settings.generate.variations = 2
    bpy.ops.object.select_all(action="DESELECT")
    show_sidebar("speech", "character", "generate")
    show_front()


def start_generating() -> None:
    show_sidebar("generate")
    bpy.context.scene.chironomy.generate.variations = 4
    operate("generate", "INVOKE_DEFAULT")


def show_emphasis() -> None:
    choose_never()
    show_sidebar("emphasis")


def show_takes() -> None:
    show_sidebar("takes", "export")


def before_slider() -> None:
    never = choose_never()
    bpy.context.scene.frame_set(1 + round(30 * never.stroke_end_s))
    never.slider = 0.0
    show_sidebar("emphasis")
    show_front()


def after_slider() -> None:
    choose_never().slider = 1.8


def show_window() -> None:
    """All of it: the sidebar, and the word lane over the timeline."""
    choose_never().slider = 1.8
    area = view()
    with bpy.context.temp_override(window=window(), area=area, region=part(area, "WINDOW")):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.22)
    lower = min((item for item in window().screen.areas if item.type == "VIEW_3D"), key=lambda item: item.y)
    lower.type = "DOPESHEET_EDITOR"
    lower.spaces.active.mode = "TIMELINE"
    show_sidebar("emphasis")
    bpy.app.timers.register(lambda: show_seconds(lower), first_interval=0.3)


def show_seconds(lower: bpy.types.Area) -> None:
    """The lane over the first seconds, so that the words can be read."""
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 1, 150
    with bpy.context.temp_override(window=window(), area=lower, region=part(lower, "WINDOW")):
        bpy.ops.anim.scene_range_frame()
    scene.use_preview_range = False
    show_front()


def choose_never() -> bpy.types.PropertyGroup:
    settings = bpy.context.scene.chironomy
    number = next(i for i, word in enumerate(settings.words) if word.text == "never")
    settings.active_word = number
    return settings.words[number]


def show_sidebar(*wanted: str) -> None:
    """These sub-panels alone."""
    while _hidden:
        bpy.utils.register_class(_hidden.pop())
    for name in PANELS:
        panel = getattr(bpy.types, f"CHIRONOMY_PT_{name}")
        if name not in wanted:
            _hidden.append(panel)
            bpy.utils.unregister_class(panel)
    view().spaces.active.show_region_ui = True
    bpy.app.timers.register(choose_tab, first_interval=0.3)


def choose_tab() -> None:
    part(view(), "UI").active_panel_category = "Chironomy"
    view().tag_redraw()


def show_front() -> None:
    area = view()
    area.spaces.active.overlay.show_bones = False
    with bpy.context.temp_override(window=window(), area=area, region=part(area, "WINDOW")):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_all()


def operate(name: str, context: str, group: str = "chironomy") -> None:
    """As a click does."""
    with bpy.context.temp_override(window=window(), area=view()):
        getattr(getattr(bpy.ops, group), name)(context)


def window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[0]


def view() -> bpy.types.Area:
    """The 3D view, or what it was turned into: the largest area."""
    return max(window().screen.areas, key=lambda area: area.width * area.height)


def part(area: bpy.types.Area, kind: str) -> bpy.types.Region:
    return next(region for region in area.regions if region.type == kind)


def places() -> dict[str, object]:
    """Where things are, as left, bottom, width, height; and what is going on."""
    area = view()
    sidebar = next((region for region in area.regions if region.type == "UI"), area)
    settings = bpy.context.scene.chironomy if hasattr(bpy.context.scene, "chironomy") else None
    return {
        "view": [area.x, area.y, area.width, area.height],
        "sidebar": [sidebar.x, sidebar.y, sidebar.width, sidebar.height],
        "takes": len(settings.takes) if settings else 0,
        "backend": extension("preferences").backend().status().state.name if settings else "",
        "time_left": time_left() if settings else False,
    }


def time_left() -> bool:
    """Whether a job is under way that can say how long it will take."""
    job = extension("jobs").running()
    return job is not None and job.seconds_left is not None


def extension(name: str) -> ModuleType:
    return sys.modules[f"{EXTENSION}.{name}"]


def answer() -> float:
    """Does what is asked; looked at several times a second."""
    question = FOLDER / "ask"
    if question.exists():
        step = question.read_text()
        question.unlink()
        try:
            if step:
                globals()[step]()
            view().tag_redraw()
            told = places()
        except Exception:
            told = {"error": traceback.format_exc()}
        (FOLDER / "answer.part").write_text(json.dumps(told))
        (FOLDER / "answer.part").rename(FOLDER / "answer.json")
    return 0.1


bpy.app.timers.register(answer, first_interval=1.0, persistent=True)

"""What Blender does in its window while make_blender_pictures.py photographs it. Arguments: zip, sub-panels to show."""

import os
import sys
import traceback
from pathlib import Path

import bpy

PANELS = ("speech", "character", "generate", "emphasis", "takes", "export")
REPOSITORY = Path(__file__).parents[1]


def install(zip_file: str) -> None:
    bpy.ops.extensions.package_install_files(filepath=zip_file, repo="user_default", enable_on_install=True)


def prepare_scene() -> None:
    """The mannequin speaks the bundled line, in two takes."""
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)
    settings = bpy.context.scene.chironomy
    bpy.context.scene.render.fps = 30
    settings.speech.sound_path = str(REPOSITORY / "presets/demo/speech.flac")
    settings.speech.text_source = "FILE"
    settings.speech.text_path = str(REPOSITORY / "presets/demo/speech.txt")
    bpy.ops.chironomy.make_mannequin("EXEC_DEFAULT")
    bpy.ops.chironomy.place_sound("EXEC_DEFAULT")
    settings.generate.variations = 2
    if os.environ.get("CHIRONOMY_DATA"):
        bpy.ops.chironomy.generate("EXEC_DEFAULT")
    bpy.context.scene.frame_set(60)


def show_sidebar(wanted: list[str]) -> None:
    for name in PANELS:
        panel = getattr(bpy.types, f"CHIRONOMY_PT_{name}")
        if name not in wanted:
            bpy.utils.unregister_class(panel)
    window = bpy.context.window_manager.windows[0]
    for area in window.screen.areas:
        if area.type == "VIEW_3D":
            space = area.spaces.active
            space.show_region_ui = True
            space.shading.type = "SOLID"
            region = next(region for region in area.regions if region.type == "WINDOW")
            with bpy.context.temp_override(window=window, area=area, region=region):
                bpy.ops.view3d.view_axis(type="FRONT")
                bpy.ops.view3d.view_all()


def choose_tab() -> None:
    for area in bpy.context.window_manager.windows[0].screen.areas:
        if area.type == "VIEW_3D":
            region = next(region for region in area.regions if region.type == "UI")
            region.active_panel_category = "Chironomy"
            region.tag_redraw()


def main() -> None:
    zip_file, *wanted = sys.argv[sys.argv.index("--") + 1 :]

    def first() -> None:
        try:
            install(zip_file)
            prepare_scene()
            show_sidebar(wanted)
            bpy.app.timers.register(second, first_interval=1.0)
        except Exception:
            traceback.print_exc()

    def second() -> None:
        try:
            choose_tab()
            print("the window is ready", flush=True)
        except Exception:
            traceback.print_exc()

    bpy.app.timers.register(first, first_interval=1.0)


main()

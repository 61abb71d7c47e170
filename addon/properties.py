"""Everything that the panels show and the file keeps: `scene.chironomy`.

Only values live here. What they mean is decided in `scene/` and `operators/`; what happens when a word's slider moves,
in `scene/emphasis_edit.py`.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import generator_menu
from .core.formats.gesture_choice import LARGEST, OPEN, SMALLEST

#: Values of `WordItem.gesture_class` that are no class.
AUTOMATIC, NO_GESTURE = "AUTO", "NONE"
MOST_VARIATIONS = 4
#: How the server names the hands of `WordItem.hand`: the same in small letters.
_HANDS = [
    ("AUTO", "Auto", "The generator chooses the hand"),
    ("LEFT", "Left", "The character's left hand"),
    ("RIGHT", "Right", "The character's right hand"),
    ("BOTH", "Both", "Both hands"),
]

EnumItem = tuple[str, str, str, int]
#: Blender keeps no reference to the texts of a dynamic enum; whoever gave them out must.
_given_out: dict[str, list[EnumItem]] = {}
_filling = False
#: Called when a value is changed by hand (not inside `filling`). Those who act on it add themselves.
on_slider_moved: list[Callable[[bpy.types.Scene, "WordItem"], None]] = []
on_lane_switched: list[Callable[[], None]] = []
on_character_chosen: list[Callable[[bpy.types.Scene], None]] = []


@contextmanager
def filling() -> Iterator[None]:
    """Inside it, values are written without acting on them: sliders do not move the emphasis curve."""
    global _filling
    before, _filling = _filling, True
    try:
        yield
    finally:
        _filling = before


def enum_items(kind: str, names: list[tuple[str, str, str]]) -> list[EnumItem]:
    """Items of a dynamic enum whose stored numbers do not change when the list does; the first is the default, 0."""
    numbers = [0, *(zlib.crc32(name.encode()) & 0x3FFFFFFF for name, _, _ in names[1:])]
    items = [(*texts, number) for texts, number in zip(names, numbers, strict=True)]
    _given_out[kind] = items
    return items


def gesture_class_items(_word: bpy.types.PropertyGroup | None, _context: bpy.types.Context | None) -> list[EnumItem]:
    """Automatic, none, the classes of presets/gesture_classes.json, and the beat."""
    if "gesture_class" in _given_out:
        return _given_out["gesture_class"]
    from .scene.presets import load_preset

    classes = [*load_preset("gesture_classes")["classes"], "beat"]
    return enum_items(
        "gesture_class",
        [
            (AUTOMATIC, "Auto", "The generator chooses from the word and the voice"),
            (NO_GESTURE, "None", "No gesture on this word"),
            *((name, name.replace("_", " ").capitalize(), f"A gesture of the class “{name}”") for name in classes),
        ],
    )


def _style_items(_settings: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> list[EnumItem]:
    if "style" in _given_out:
        return _given_out["style"]
    from .scene.presets import load_preset

    names = sorted(load_preset("styles"), key=lambda name: name != "neutral")
    return enum_items("style", [(name, name.capitalize(), f"Move in the style “{name}”") for name in names])


def _generator_items(_settings: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> list[EnumItem]:
    return _given_out["generator"] if "generator" in _given_out else enum_items("generator", generator_menu.BEFORE)


def set_generators(health: dict[str, Any]) -> None:
    """What the server offers (GET /health): from now on the choices of *Generator*."""
    if health.get("generators"):
        enum_items("generator", generator_menu.entries(health))


def _profile_items(_settings: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> list[EnumItem]:
    if "profile" in _given_out:
        return _given_out["profile"]
    from .scene.export.profiles import load_profile, profile_names

    names = sorted(profile_names(), key=lambda name: name != "generic")
    return enum_items("profile", [(name, name.capitalize(), load_profile(name).description) for name in names])


def _is_armature(_settings: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


def _is_mesh(_settings: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "MESH"


def _slider_moved(word: "WordItem", _context: bpy.types.Context) -> None:
    for listener in on_slider_moved if not _filling else ():
        listener(word.id_data, word)


def _time_edited(word: "WordItem", _context: bpy.types.Context) -> None:
    if not _filling:
        word.times_by_hand = True


def _character_chosen(settings: "ChironomySettings", _context: bpy.types.Context) -> None:
    for listener in on_character_chosen if not _filling else ():
        listener(settings.id_data)


def _lane_switched(_settings: "ChironomySettings", _context: bpy.types.Context) -> None:
    for listener in on_lane_switched:
        listener()


class SpeechSettings(bpy.types.PropertyGroup):
    """What is said, and where it starts."""

    source: EnumProperty(
        name="Sound",
        description="Where the recording comes from",
        items=[
            ("FILE", "File", "A sound file on disk"),
            ("STRIP", "Strip", "A sound strip of this scene's Video Sequencer"),
        ],
    )
    sound_path: StringProperty(name="Sound File", description="The recording: WAV, FLAC, OGG, MP3", subtype="FILE_PATH")
    strip: StringProperty(name="Strip", description="The sound strip of the Video Sequencer to speak")
    text_source: EnumProperty(
        name="Text",
        description="Where the spoken words come from",
        items=[
            ("FIELD", "Field", "Written here in the panel"),
            ("TEXT", "Block", "A text block of Blender's Text Editor"),
            ("FILE", "File", "A text, or words with times: TXT, SRT, VTT, TextGrid, JSON"),
        ],
    )
    text: StringProperty(name="Spoken Text", description="What is said in the recording, word for word")
    text_block: PointerProperty(name="Text Block", description="The text that is spoken", type=bpy.types.Text)
    text_path: StringProperty(
        name="Text File", description="The transcript: TXT, SRT, VTT, TextGrid, or words as JSON", subtype="FILE_PATH"
    )
    language: StringProperty(name="Language", description="The spoken language, as in “en” or “de”", default="en")
    start_frame: IntProperty(name="Start Frame", description="The frame of the scene where the sound begins", default=1)
    words_of: StringProperty(description="Which recording and text the list of words belongs to", options={"HIDDEN"})


class WordItem(bpy.types.PropertyGroup):
    """One spoken word. Its number in the collection is its number for the server."""

    text: StringProperty(name="Word", description="The word as it is spoken")
    punctuation: StringProperty(name="Punctuation", description="What stands behind the word in the text")
    start_s: FloatProperty(
        name="Start",
        description="Where the word begins, in seconds after the sound's start; takes effect with the next Generate",
        min=0.0, precision=3, step=1, options=set(), update=_time_edited,
    )  # fmt: skip
    end_s: FloatProperty(
        name="End",
        description="Where the word ends, in seconds after the sound's start; takes effect with the next Generate",
        min=0.0, precision=3, step=1, options=set(), update=_time_edited,
    )  # fmt: skip
    times_by_hand: BoolProperty(
        description="Whether start or end were corrected: then the next Generate takes the times of the list"
    )
    score: FloatProperty(
        name="Score", description="How much emphasis the generator gives the word", min=0.0, max=1.0, subtype="FACTOR"
    )
    slider: FloatProperty(
        name="Emphasis",
        description="0: base motion alone. 1: the full gesture. Above 1: exaggerated. Moves this word alone",
        min=0.0,
        max=2.0,
        precision=2,
        step=5,
        update=_slider_moved,
        options=set(),
    )
    gesture_class: EnumProperty(
        name="Gesture",
        description="The kind of gesture on this word; takes effect with the next Generate",
        items=gesture_class_items,
    )
    hand: EnumProperty(
        name="Hand",
        description="The hand that makes the gesture on this word; takes effect with the next Generate",
        items=_HANDS,
        options=set(),
    )
    size: FloatProperty(
        name="Size",
        description="How far the gesture on this word goes: 1 is as the generator would make it; "
        "takes effect with the next Generate",
        default=OPEN.size, min=SMALLEST, max=LARGEST, precision=2, step=5, subtype="FACTOR", options=set(),
    )  # fmt: skip
    generated_class: StringProperty(name="Generated", description="The class of gesture that the take has on this word")
    preparation_s: FloatProperty(description="Where the gesture's preparation begins, in seconds")
    stroke_start_s: FloatProperty(description="Where the stroke begins, in seconds")
    stroke_end_s: FloatProperty(description="Where the stroke ends, in seconds")
    retraction_s: FloatProperty(description="Where the retraction ends, in seconds")
    selected: BoolProperty(name="Select", description="Edit this word together with the other selected ones")


class TakeItem(bpy.types.PropertyGroup):
    """One take. Its motion is compressed on `stored`; only the shown take exists as actions as well."""

    stored: PointerProperty(type=bpy.types.Text, description="The data-block that carries the take's bytes")
    armature: PointerProperty(
        name="Character", description="The armature that the take was made for", type=bpy.types.Object
    )
    mesh: PointerProperty(name="Skin", description="The mesh whose face the take plays", type=bpy.types.Object)
    edits: PointerProperty(
        type=bpy.types.Action, description="The animator's keys over this take, kept while it is not shown"
    )
    sound: StringProperty(name="Sound", description="The name of the recording that the take was made from")
    words_of: StringProperty(description="Which recording and text the take's words belong to")
    action: PointerProperty(type=bpy.types.Action, description="The action that the take was baked into")
    generator: StringProperty(name="Generator", description="The generator that made the take")
    model: StringProperty(name="Model", description="The model that made the take, where its generator has models")
    style: StringProperty(name="Style", description="The style that the take was made in")
    seed: IntProperty(name="Seed", description="The same request with this seed gives this take again")
    fps: FloatProperty(name="Frame Rate", description="Frames per second of the take itself")
    frames: IntProperty(name="Frames", description="How many frames the take itself has")
    first_frame: IntProperty(name="First Frame", description="The frame of the scene where the take begins")
    use_range: BoolProperty(description="Whether the take was asked for a part of the frames only")
    range_first: IntProperty(description="The first frame of the scene that was asked for")
    range_last: IntProperty(description="The last frame of the scene that was asked for")
    shown: BoolProperty(name="Shown", description="Whether the take plays on the character now")
    accepted: BoolProperty(name="Accepted", description="Whether the take was baked into an action")


class GenerateSettings(bpy.types.PropertyGroup):
    """What is asked of the generator."""

    generator: EnumProperty(name="Generator", description="What makes the motion", items=_generator_items)
    style: EnumProperty(name="Style", description="How lively the character speaks", items=_style_items)
    seed: IntProperty(name="Seed", description="The same seed gives the same motion again", default=1, min=0)
    lock_seed: BoolProperty(
        name="Lock Seed", description="Keep the seed. Unlocked, each Generate takes the next ones", default=False
    )
    variations: IntProperty(
        name="Variations", description="How many takes to make at once, with seeds one apart", default=1,
        min=1, max=MOST_VARIATIONS,
    )  # fmt: skip
    use_range: BoolProperty(
        name="Frame Range", description="Make motion for some of the frames only, instead of the whole recording"
    )
    range_first: IntProperty(name="From", description="The first frame to make motion for", default=1)
    range_last: IntProperty(name="To", description="The last frame to make motion for", default=250)


class ExportSettings(bpy.types.PropertyGroup):
    """How files are written."""

    profile: EnumProperty(name="Profile", description="The program that the file is for", items=_profile_items)
    format: EnumProperty(
        name="Format",
        description="The kind of file",
        items=[
            ("fbx", "FBX", "For game engines and Maya"),
            ("bvh", "BVH", "Skeleton and motion alone, as plain text"),
            ("glb", "glTF", "One binary glTF file"),
            ("usdc", "USD", "Universal Scene Description"),
        ],
    )
    folder: StringProperty(
        name="Folder",
        description="Where the files go. Empty: beside the .blend; where that is not saved yet, beside the sound",
        subtype="DIR_PATH",
    )
    name: StringProperty(
        name="File Name",
        description="Each take's file name. {scene}, {character}, {sound}, {take}, {seed}, {style} and {generator} are "
        "replaced",
        default="{sound}_{take}",
    )
    which: EnumProperty(
        name="Takes",
        description="Which takes are written, each to a file of its own",
        items=[
            ("SHOWN", "Shown", "What the character does now: the take under review, or its action"),
            ("ALL", "All", "Every take of this character in the list"),
        ],
    )


class ChironomySettings(bpy.types.PropertyGroup):
    """The add-on's part of a scene."""

    speech: PointerProperty(type=SpeechSettings)
    armature: PointerProperty(
        name="Character",
        description="The armature that speaks",
        type=bpy.types.Object,
        poll=_is_armature,
        update=_character_chosen,
    )
    mesh: PointerProperty(
        name="Skin",
        description="The mesh with ARKit's shape keys for the face; may be empty",
        type=bpy.types.Object,
        poll=_is_mesh,
    )
    generate: PointerProperty(type=GenerateSettings)
    words: CollectionProperty(type=WordItem)
    only_emphasised: BoolProperty(
        name="Only Emphasised", description="List only words with a gesture worth seeing, or whose slider was moved"
    )
    word_lane: BoolProperty(
        name="Word Lane",
        description="Show the words in Timeline, Dope Sheet, Graph Editor and Sequencer: "
        "drag one up or down to change its emphasis, double-click to go there",
        default=True,
        update=_lane_switched,
    )
    active_word: IntProperty(name="Active Word", description="The word that is chosen in the list", default=0)
    takes: CollectionProperty(type=TakeItem)
    active_take: IntProperty(name="Active Take", description="The take that is chosen in the list", default=0)
    reduce_keys: BoolProperty(
        name="Fewer Keys", description="Accept leaves out keys as long as no joint is further off than the tolerance"
    )
    tolerance_deg: FloatProperty(
        name="Tolerance",
        description="By how many degrees a joint may be off on any frame where keys are left out",
        default=0.5,
        min=0.01,
        max=10.0,
        precision=2,
    )
    export: PointerProperty(type=ExportSettings)


_CLASSES = (
    SpeechSettings,
    WordItem,
    TakeItem,
    GenerateSettings,
    ExportSettings,
    ChironomySettings,
)


def settings_of(scene: bpy.types.Scene) -> ChironomySettings:
    """The add-on's part of the scene."""
    return scene.chironomy


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.chironomy = PointerProperty(type=ChironomySettings)


def unregister() -> None:
    del bpy.types.Scene.chironomy
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    _given_out.clear()

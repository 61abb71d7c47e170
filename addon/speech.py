"""What is said: the recording and its text, from wherever the animator keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import bpy

from .core.errors import UserError
from .properties import settings_of
from .scene import versions


@dataclass(frozen=True)
class Speech:
    """A recording with its words, ready for the server."""

    audio: bytes | Path
    """The file, or the bytes of a sound that is packed into the .blend."""
    audio_name: str
    text: str | None
    transcript: Path | None


def speech_of(scene: bpy.types.Scene) -> Speech:
    """What the panel *Speech* says. Raises UserError that says what is missing."""
    audio, name = _audio(scene)
    text, transcript = _text(scene)
    return Speech(audio, name, text, transcript)


def what_is_missing(scene: bpy.types.Scene) -> str:
    """Why there is no speech yet, in the animator's words; nothing where there is one. Cheap enough for drawing."""
    try:
        _audio(scene)
        _text(scene)
    except UserError as error:
        return str(error)
    return ""


def start_frame(scene: bpy.types.Scene) -> int:
    """The frame on which the recording begins."""
    settings = settings_of(scene).speech
    if settings.source == "STRIP" and settings.strip in _strips(scene):
        return round(_strips(scene)[settings.strip].frame_start)
    return settings.start_frame


def place_sound(scene: bpy.types.Scene) -> bpy.types.Strip:
    """Puts the sound file into the scene's sequencer, at the start frame, in place of the one put there before."""
    settings = settings_of(scene).speech
    audio, _ = _audio(scene)
    if not isinstance(audio, Path):
        raise UserError("The sound is in the Video Sequencer already")
    strips = _strips(scene)
    for strip in list(strips.values()):
        if strip.get(_PLACED):
            scene.sequence_editor.strips.remove(strip)
    strip = versions.sound_strip(scene, audio.stem, str(audio), settings.start_frame)
    strip[_PLACED] = True
    strip.show_waveform = True
    scene.sync_mode = "AUDIO_SYNC"
    scene.frame_end = max(scene.frame_end, round(strip.frame_final_end))
    return strip


_PLACED = "chironomy_speech"


def fingerprint(speech: Speech) -> str:
    """Changes when recording or text do."""
    audio = str(speech.audio) if isinstance(speech.audio, Path) else hashlib.sha256(speech.audio).hexdigest()
    return hashlib.sha256(f"{audio}\0{speech.text}\0{speech.transcript}".encode()).hexdigest()[:16]


def _strips(scene: bpy.types.Scene) -> dict[str, bpy.types.Strip]:
    editor = scene.sequence_editor
    return {strip.name: strip for strip in editor.strips_all if strip.type == "SOUND"} if editor else {}


def _audio(scene: bpy.types.Scene) -> tuple[bytes | Path, str]:
    settings = settings_of(scene).speech
    if settings.source == "FILE":
        if not settings.sound_path:
            raise UserError("Choose the sound file of the speech")
        return _existing(settings.sound_path, "sound"), Path(settings.sound_path).name
    strip = _strips(scene).get(settings.strip)
    if strip is None or strip.sound is None:
        raise UserError("Choose a sound strip of the Video Sequencer")
    sound = strip.sound
    if sound.packed_file is not None:
        return bytes(sound.packed_file.data), Path(sound.filepath).name
    return _existing(sound.filepath, "sound", sound.library), Path(sound.filepath).name


def _text(scene: bpy.types.Scene) -> tuple[str | None, Path | None]:
    settings = settings_of(scene).speech
    if settings.text_source == "FILE":
        if not settings.text_path:
            raise UserError("Choose the text file of what is said")
        return None, _existing(settings.text_path, "text")
    if settings.text_source == "TEXT":
        if settings.text_block is None:
            raise UserError("Choose the text block with what is said")
        text = settings.text_block.as_string()
    else:
        text = settings.text
    if not text.strip():
        raise UserError("Write what is said in the recording")
    return text, None


def _existing(path: str, kind: str, library: bpy.types.Library | None = None) -> Path:
    absolute = Path(bpy.path.abspath(path, library=library))
    if not absolute.is_file():
        raise UserError(f"{absolute.name}: there is no such {kind} file: choose it again")
    return absolute

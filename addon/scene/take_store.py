"""Takes kept in the .blend: compressed bytes on data-blocks of their own, a few megabytes a minute each.

The carrier is a Text without lines whose custom property holds the bytes: a data-block that Blender saves, and that
undo and redo leave as it is (a text of many lines, or numbers as a list, would cost undo much more). Its name begins
with a dot, which hides it in menus.
"""

import tempfile
from pathlib import Path

import bpy

from ..core.errors import UserError
from ..core.formats.take import Take, read_take

_TAKE, _EMPHASIS = "chironomy_take", "chironomy_emphasis"


def take_of_bytes(content: bytes) -> Take:
    """The take that a `.npz`'s bytes hold. Makes no bpy call. Raises UserError where they hold none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.npz"
        path.write_bytes(content)
        return read_take(path)


def store_take(name: str, content: bytes) -> bpy.types.Text:
    """A new carrier in the open file."""
    carrier = bpy.data.texts.new(f".{name}")
    carrier.use_fake_user = True
    carrier[_TAKE] = content
    return carrier


def stored_bytes(carrier: bpy.types.Text | None) -> bytes:
    """The take's `.npz`, as it came. Raises UserError where the carrier is gone."""
    content = carrier.get(_TAKE) if carrier is not None else None
    if not isinstance(content, bytes):
        raise UserError("The take's data was removed from the file: delete it from the list and generate it again")
    return content


def stored_take(carrier: bpy.types.Text | None) -> Take:
    """The take. Raises UserError where it is gone or damaged."""
    return take_of_bytes(stored_bytes(carrier))


def keep_emphasis(carrier: bpy.types.Text | None, saved: bytes) -> None:
    """Keeps the animator's emphasis beside a take that is not shown; nothing: the generator's holds."""
    if carrier is not None and saved:
        carrier.pop(_EMPHASIS, None)  # bytes written over bytes end at their first zero
        carrier[_EMPHASIS] = saved


def kept_emphasis(carrier: bpy.types.Text) -> bytes:
    """What `keep_emphasis` kept, or nothing."""
    return carrier.get(_EMPHASIS, b"")


def drop_take(carrier: bpy.types.Text | None) -> None:
    """Takes the bytes out of the file."""
    if carrier is not None:
        bpy.data.texts.remove(carrier)

"""A model's folder: config.yaml, *.safetensors, and a card that says where they come from and what they must be.

card.json is for machines, card.md the same for people. Nothing here needs torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UserError
from ..formats.text_file import read_text

CARD, READABLE_CARD = "card.json", "card.md"
_MOST_BYTES = 1 << 20

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRecord(_Frozen):
    """What a file of the folder must be."""

    sha256: Sha256
    size_bytes: int


class Origin(_Frozen):
    """Where a model comes from."""

    system: Literal["semtalk", "semges"]
    name: str
    summary: str
    """One or two sentences: made by whom, from what."""
    licence: str
    """What the origin allows."""
    made_by: str
    """The command that makes the folder again."""
    notes: tuple[str, ...] = ()


class Card(_Frozen):
    """The origin, and the hashes of what was read and of what was written."""

    schema_version: Literal[1] = 1
    origin: Origin
    sources: dict[str, Sha256] = {}
    """The files that the model was made from."""
    files: dict[FileName, FileRecord]


def read_card(folder: str | Path) -> Card:
    """The folder's card. Raises UserError where there is none or it is no card."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise UserError(
            f"{folder}: has no {CARD}, so it is no model: give a folder that `chironomy convert-weights` "
            "or `chironomy train` wrote"
        )
    try:
        return Card.model_validate_json(read_text(path, _MOST_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(key) for key in first["loc"])
        raise UserError(f"{path}: is no model's card ({place}: {first['msg']}): make the model again") from error


def verified(folder: str | Path, card: Card, name: str) -> Path:
    """The path of one file of the folder, which is what it was when the card was written.

    Raises UserError that names the file and the command that makes it again where it is missing or another.
    """
    path = Path(folder) / name
    record = card.files.get(name)
    try:
        if record is None or not path.is_file():
            raise UserError(f"{path}: is missing: {remedy(card)}")
        if path.stat().st_size != record.size_bytes or sha256_of(path) != record.sha256:
            raise UserError(f"{path}: is damaged or was changed (its SHA-256 is not the card's): {remedy(card)}")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): {remedy(card)}") from error
    return path


def remedy(card: Card) -> str:
    """What to do where a file of this model is broken."""
    return f"make it again with `{card.origin.made_by}`"


def write_card(folder: Path, origin: Origin, sources: Mapping[str, str]) -> Card:
    """Writes both cards for all the files that lie in the folder."""
    files = {path.name: FileRecord(sha256=sha256_of(path), size_bytes=path.stat().st_size) for path in _files(folder)}
    card = Card(origin=origin, sources=dict(sources), files=files)
    (folder / CARD).write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    (folder / READABLE_CARD).write_text(_readable(card), encoding="utf-8")
    return card


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in (CARD, READABLE_CARD))


def _readable(card: Card) -> str:
    origin = card.origin
    files = [f"| {name} | {record.size_bytes:,} | `{record.sha256}` |" for name, record in card.files.items()]
    lines = [f"# {origin.name}", "", origin.summary, "", "## Licence", "", origin.licence, ""]
    if origin.notes:
        lines += ["## To know", "", *(f"- {note}" for note in origin.notes), ""]
    lines += ["## Files", "", "| file | bytes | SHA-256 |", "|---|---|---|", *files, ""]
    if card.sources:
        lines += ["## Made from", "", "| file | SHA-256 |", "|---|---|"]
        lines += [*(f"| {name} | `{digest}` |" for name, digest in card.sources.items()), ""]
    return "\n".join([*lines, f"To make this folder again: `{origin.made_by}`", ""])

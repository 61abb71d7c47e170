"""A model's folder: config.yaml, *.safetensors, and a card that says where they come from and what they must be.

card.json is for machines, card.md the same for people. What was measured of a model is added later, by `add_figures`.
Nothing here needs torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UserError
from ..formats.atomic import replacing_files_in
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


class DataSource(_Frozen):
    """Something that a model was made from, or that it uses."""

    what: str
    licence: str


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
    repaired_by: str = ""
    """What to do where a file of it is damaged, for models that can be had again without making them."""
    notes: tuple[str, ...] = ()
    data: tuple[DataSource, ...] = ()
    training: tuple[str, ...] = ()
    """How it was trained: hours, recipe, steps."""
    limits: tuple[str, ...] = ()
    """What it cannot do."""


class MeasuredFigure(_Frozen):
    """One figure, and what it is for the reference beside; None where there is nothing to measure."""

    unit: str = ""
    value: float | None
    reference: float | None = None


class FigureTable(_Frozen):
    """Figures that were measured together."""

    title: str
    reference: str = ""
    """What stands beside the model's own figures."""
    figures: dict[str, MeasuredFigure]


class Card(_Frozen):
    """The origin, the hashes of what was read and of what was written, and what was measured since."""

    schema_version: Literal[1] = 1
    origin: Origin
    sources: dict[str, Sha256] = {}
    """The files that the model was made from."""
    files: dict[FileName, FileRecord]
    figures: tuple[FigureTable, ...] = ()


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
    return card.origin.repaired_by or f"make it again with `{card.origin.made_by}`"


def write_card(folder: Path, origin: Origin, sources: Mapping[str, str]) -> Card:
    """Writes both cards for all the files that lie in the folder."""
    files = {path.name: FileRecord(sha256=sha256_of(path), size_bytes=path.stat().st_size) for path in _files(folder)}
    card = Card(origin=origin, sources=dict(sources), files=files)
    _write(folder, card)
    return card


def add_figures(folder: str | Path, table: FigureTable) -> Card:
    """Writes measured figures into both cards, in the place of those with the same title. Raises UserError."""
    card = read_card(folder)
    figures = [other for other in card.figures if other.title != table.title]
    card = card.model_copy(update={"figures": (*figures, table)})
    with replacing_files_in(folder) as temporary:
        _write(temporary, card)
    return card


def read_figures(path: Path, title: str) -> FigureTable:
    """A table from a JSON file with "figures" as `chironomy evaluate --json` prints them. Raises UserError."""
    try:
        document = json.loads(read_text(path, _MOST_BYTES))
        return FigureTable.model_validate(
            {"title": title, "reference": _names(document.get("reference")), "figures": document["figures"]}
        )
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path}: holds no figures ({type(error).__name__}): write it with `chironomy evaluate … --json`"
        ) from error


def _names(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else str(names or "")


def _write(folder: Path, card: Card) -> None:
    (folder / CARD).write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    (folder / READABLE_CARD).write_text(readable(card), encoding="utf-8")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in (CARD, READABLE_CARD))


def readable(card: Card) -> str:
    """The card as Markdown."""
    origin = card.origin
    files = [(name, f"{record.size_bytes:,}", f"`{record.sha256}`") for name, record in card.files.items()]
    sources = [(name, f"`{digest}`") for name, digest in card.sources.items()]
    return "\n".join(
        [
            *(f"# {origin.name}", "", origin.summary, ""),
            *_section("Licence", [origin.licence]),
            *_section("Data", _table(("what", "licence"), [(source.what, source.licence) for source in origin.data])),
            *_section("Training", _items(origin.training)),
            *(line for table in card.figures for line in _section(table.title, _figures(table))),
            *_section("What it cannot do", _items(origin.limits)),
            *_section("To know", _items(origin.notes)),
            *_section("Files", _table(("file", "bytes", "SHA-256"), files)),
            *_section("Made from", _table(("file", "SHA-256"), sources)),
            f"To make this folder again: `{origin.made_by}`",
            "",
        ]
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    """A heading and its lines; nothing without lines."""
    return [f"## {title}", "", *lines, ""] if lines else []


def _items(texts: Sequence[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _figures(table: FigureTable) -> list[str]:
    head = ("figure", "model", *([table.reference] if table.reference else []), "unit")
    rows = [
        (name, _number(figure.value), *([_number(figure.reference)] if table.reference else []), figure.unit)
        for name, figure in table.figures.items()
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown; nothing without rows."""
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)] if rows else []


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"

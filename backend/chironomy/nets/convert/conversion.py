"""A folder of published checkpoints becomes a model's folder.

Checkpoints are told apart by their tensors, so that files may have any name and lie in subfolders.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Size, Tensor, nn

from ...errors import UserError
from ...progress import Progress, silent, within
from ..front_end.vocabulary import Vocabulary
from ..model_card import Origin, sha256_of
from ..model_folder import write_model
from ..released.loading import load_published, published_shapes, share_of_tensors
from ..released.registry import PUBLISHED
from .checkpoint import read_checkpoint
from .published_sets import (
    BASE_OF_25_SPEAKERS,
    NOTES_25_SPEAKERS,
    NOTES_ONE_SPEAKER,
    SEMGES,
    SEMTALK,
    PublishedSet,
)
from .vocabulary_pickle import read_vocabulary_pickle

_ENDINGS = (".bin", ".pt", ".pth", ".ckpt")
_MOST_FILES = 200
_VOCABULARY = "vocab.pkl"
#: A checkpoint is a network's where at least so much of it fits; what does not is then said.
_RECOGNISED = 0.5


@dataclass(frozen=True)
class _Checkpoint:
    """A file and the network whose tensors it holds."""

    path: Path
    network: nn.Module
    sha256: str


@dataclass(frozen=True)
class Conversion:
    """What was converted, and what the user should know of it."""

    networks: tuple[str, ...]
    notices: tuple[str, ...]


def convert_semtalk(folder: Path, output: Path, progress: Progress = silent) -> Conversion:
    """SemTalk's weights of one speaker or of 25, with the vocabulary and FGD's evaluator where they are there.

    Raises UserError for anything missing, twice there, damaged or wrong; `output` is as it was then.
    """
    found = _find_checkpoints(folder, SEMTALK, progress)
    notes = NOTES_25_SPEAKERS if _is_of_25_speakers(found["semtalk/base"], folder) else NOTES_ONE_SPEAKER
    return _convert("semtalk", SEMTALK, found, notes, folder, output, progress)


def convert_semges(folder: Path, output: Path, progress: Progress = silent) -> Conversion:
    """SemGes' weights, with the vocabulary where it is there. Raises UserError as `convert_semtalk` does."""
    return _convert("semges", SEMGES, _find_checkpoints(folder, SEMGES, progress), (), folder, output, progress)


def _convert(
    system: Literal["semtalk", "semges"],
    weights: PublishedSet,
    found: Mapping[str, _Checkpoint],
    notes: tuple[str, ...],
    folder: Path,
    output: Path,
    progress: Progress,
) -> Conversion:
    vocabulary_file = _only_file(folder, _VOCABULARY)
    vocabulary = None if vocabulary_file is None else _vocabulary(vocabulary_file, weights)
    command = shlex.join(["chironomy", "convert-weights", system, str(folder), "-o", str(output)])
    origin = Origin(
        system=system,
        name=weights.config.name,
        summary=weights.summary,
        licence=weights.licence,
        made_by=command,
        notes=(*weights.notes, *notes),
    )
    sources = {file.path.relative_to(folder).as_posix(): file.sha256 for file in found.values()}
    write_model(output, weights.config, _filled(found, within(progress, 0.5, 1.0)), origin, sources, vocabulary)
    return Conversion(tuple(found), _notices(folder, weights, found, vocabulary))


def _filled(found: Mapping[str, _Checkpoint], progress: Progress) -> Iterator[tuple[str, nn.Module]]:
    """Each network with its weights, by the name of its file."""
    for number, (name, file) in enumerate(found.items()):
        progress(f"Converting {file.path.name}", number / len(found))
        load_published(file.network, read_checkpoint(file.path), file.path)
        yield name.split("/")[1], file.network


def _find_checkpoints(folder: Path, weights: PublishedSet, progress: Progress) -> dict[str, _Checkpoint]:
    """The file of each network. Raises UserError where one is missing or there twice."""
    files = _files(folder)
    networks = {name: PUBLISHED[name]() for name in (*weights.needed, *weights.optional)}
    shapes = {name: published_shapes(network) for name, network in networks.items()}
    found: dict[str, _Checkpoint] = {}
    for number, path in enumerate(files):
        progress(f"Reading {path.name}", 0.5 * number / len(files))
        name = _recognised(read_checkpoint(path), shapes)
        if name is None or (name in found and _depth(path) > _depth(found[name].path)):
            continue
        if name in found:
            raise UserError(f"{path}: is the same network ({name}) as {found[name].path}: give the folder of one set")
        found[name] = _Checkpoint(path, networks[name], sha256_of(path))
    missing = [f"{name} ({file})" for name, file in weights.needed.items() if name not in found]
    if missing:
        raise UserError(f"{folder}: has no checkpoint of {', '.join(missing)}: put the published files into it")
    return {name: found[name] for name in networks if name in found}


def _depth(path: Path) -> int:
    """Sets in subfolders, as of other speakers, give way to what lies above them."""
    return len(path.parts)


def _recognised(tensors: Mapping[str, Tensor], shapes: Mapping[str, Mapping[str, Size]]) -> str | None:
    """The network whose tensors these are for the most part."""
    shares = {name: share_of_tensors(expected, tensors) for name, expected in shapes.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _RECOGNISED else None


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder: unpack the published files and give their folder")
    files = [path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file()]
    if not files:
        raise UserError(
            f"{folder}: holds no checkpoints ({', '.join(_ENDINGS)}): give the folder of the published files"
        )
    if len(files) > _MOST_FILES:
        raise UserError(f"{folder}: holds {len(files)} checkpoints: give the folder of one published set")
    return sorted(files, key=lambda path: (_depth(path), path))


def _only_file(folder: Path, name: str) -> Path | None:
    files = sorted(folder.rglob(name))
    if len(files) > 1:
        raise UserError(f"{files[1]}: is there a second time as {files[0]}: leave one of them")
    return files[0] if files else None


def _vocabulary(path: Path, weights: PublishedSet) -> Vocabulary:
    vocabulary = read_vocabulary_pickle(path)
    last = max(vocabulary.words.values())
    if last >= weights.vocabulary_size:
        raise UserError(
            f"{path}: numbers words up to {last}, the weights know {weights.vocabulary_size}: "
            "take the vocabulary of these weights"
        )
    return vocabulary


def _is_of_25_speakers(base: _Checkpoint, folder: Path) -> bool:
    """By the released file's SHA-256, else by the name of a folder on the way to it."""
    begin, end = BASE_OF_25_SPEAKERS
    names = "/".join((folder.resolve().name, *base.path.relative_to(folder).parts)).lower()
    return (base.sha256.startswith(begin) and base.sha256.endswith(end)) or "all_speakers" in names or "25spk" in names


def _notices(
    folder: Path, weights: PublishedSet, found: Mapping[str, _Checkpoint], vocabulary: Vocabulary | None
) -> tuple[str, ...]:
    used = {file.path for file in found.values()}
    notices = [
        f"{path.relative_to(folder).as_posix()}: was left out: it is not needed, or is in a folder above too"
        for path in _files(folder)
        if path not in used
    ]
    if vocabulary is None:
        notices.append(
            f"{folder}: has no {_VOCABULARY}, so the model knows no words: put BEAT2's into it and convert again"
        )
    notices += [
        f"{folder}: has no {file}; it is not needed" for name, file in weights.optional.items() if name not in found
    ]
    return tuple(notices)

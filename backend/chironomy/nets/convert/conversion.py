"""A folder of published checkpoints becomes a model's folder.

Checkpoints are told apart by their tensors, so that files may have any name and lie in subfolders.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from ...errors import UserError
from ...progress import Progress, silent, within
from ..front_end.vocabulary import Vocabulary
from ..model_card import Origin, sha256_of
from ..model_folder import write_model
from ..released.loading import load_published, share_of_tensors
from ..released.registry import PUBLISHED, published
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
class Conversion:
    """What was converted, and what the user should know of it."""

    networks: tuple[str, ...]
    notices: tuple[str, ...]


def convert_semtalk(folder: Path, output: Path, progress: Progress = silent) -> Conversion:
    """SemTalk's weights of one speaker or of 25, with the vocabulary and FGD's evaluator where they are there.

    Raises UserError for anything missing, twice there, damaged or wrong; `output` is as it was then.
    """
    found = _find_checkpoints(folder, SEMTALK)
    digests = _digests(found, progress)
    many = _is_of_25_speakers(found["semtalk/base"], digests["semtalk/base"], folder)
    notes = NOTES_25_SPEAKERS if many else NOTES_ONE_SPEAKER
    return _convert("semtalk", SEMTALK, found, digests, notes, folder, output, progress)


def convert_semges(folder: Path, output: Path, progress: Progress = silent) -> Conversion:
    """SemGes' weights, with the vocabulary where it is there. Raises UserError as `convert_semtalk` does."""
    found = _find_checkpoints(folder, SEMGES)
    return _convert("semges", SEMGES, found, _digests(found, progress), (), folder, output, progress)


def _convert(
    system: Literal["semtalk", "semges"],
    weights: PublishedSet,
    found: Mapping[str, Path],
    digests: Mapping[str, str],
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
    sources = {path.relative_to(folder).as_posix(): digests[name] for name, path in found.items()}
    networks = _filled(found, within(progress, 0.2, 1.0))
    write_model(output, weights.config, networks, origin, sources, vocabulary)
    return Conversion(tuple(found), _notices(folder, weights, found, vocabulary))


def _filled(found: Mapping[str, Path], progress: Progress) -> Iterator[tuple[str, nn.Module]]:
    """Each network with its weights, one after the other, so that memory holds one."""
    for number, (name, path) in enumerate(found.items()):
        progress(f"Converting {path.name}", number / len(found))
        network = published(name)
        load_published(network, read_checkpoint(path), path)
        yield name.split("/")[1], network


def _find_checkpoints(folder: Path, weights: PublishedSet) -> dict[str, Path]:
    """The file of each network. Raises UserError where one is missing or there twice."""
    known = {**weights.needed, **weights.optional}
    with torch.device("meta"):
        candidates = {name: PUBLISHED[name]() for name in known}
    found: dict[str, Path] = {}
    for path in _files(folder):
        name = _recognised(read_checkpoint(path), candidates)
        if name is not None and name in found:
            raise UserError(f"{path}: is the same network ({name}) as {found[name]}: give the folder of one set")
        if name is not None:
            found[name] = path
    missing = [f"{name} ({file})" for name, file in weights.needed.items() if name not in found]
    if missing:
        raise UserError(f"{folder}: has no checkpoint of {', '.join(missing)}: put the published files into it")
    return {name: found[name] for name in known if name in found}


def _recognised(tensors: Mapping[str, Tensor], candidates: Mapping[str, nn.Module]) -> str | None:
    """The network whose tensors these are for the most part."""
    shares = {name: share_of_tensors(network, tensors) for name, network in candidates.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _RECOGNISED else None


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder: give the folder that holds the published checkpoints")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    if len(files) > _MOST_FILES:
        raise UserError(f"{folder}: holds {len(files)} checkpoints: give the folder of one published set")
    return files


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


def _digests(found: Mapping[str, Path], progress: Progress) -> dict[str, str]:
    """SHA-256 of each network's file."""
    digests = {}
    for number, (name, path) in enumerate(found.items()):
        progress(f"Reading {path.name}", 0.2 * number / len(found))
        digests[name] = sha256_of(path)
    return digests


def _is_of_25_speakers(base: Path, digest: str, folder: Path) -> bool:
    """By the released file's SHA-256, else by the name of a folder on the way to it."""
    begin, end = BASE_OF_25_SPEAKERS
    names = "/".join((folder.resolve().name, *base.relative_to(folder).parts)).lower()
    return (digest.startswith(begin) and digest.endswith(end)) or "all_speakers" in names or "25spk" in names


def _notices(
    folder: Path, weights: PublishedSet, found: Mapping[str, Path], vocabulary: Vocabulary | None
) -> tuple[str, ...]:
    notices = [
        f"{path.name}: is none of the networks that are needed and was left out"
        for path in _files(folder)
        if path not in found.values()
    ]
    if vocabulary is None:
        notices.append(
            f"{folder}: has no {_VOCABULARY}, so the model knows no words: put BEAT2's into it and convert again"
        )
    notices += [
        f"{folder}: has no {file}; it is not needed" for name, file in weights.optional.items() if name not in found
    ]
    return tuple(notices)

"""What is said in the corpus: recordings of people, and speeches read by synthesisers."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...speech.align import align
from ...speech.audio import read_audio
from ...speech.rhythm import analyse_rhythm
from ...speech.transcript import transcript_of_text
from ...speech.types import SAMPLE_RATE, Alignment, Audio, Speech
from ..corpus_format import Split
from .synthesis.voices import VOICES, Voice, speak

_SHORTEST_WORDS, _LONGEST_WORDS = 26, 60
#: Sentences as people say them to each other, a line each: speeches of state hardly greet, count or point.
_DIALOGUE = Path(__file__).parent / "dialogue.txt"
#: Alignments that fit worse have lost their place.
_LEAST_FIT = 0.55
_LONGEST_S = 40.0
_BEFORE_S, _AFTER_S = (0.25, 1.1), (0.4, 1.4)


@dataclass(frozen=True)
class Line:
    """Some sentences of one speaker."""

    id: str
    group: str
    """The speech or recording that it comes from: all of it is in one split."""
    split: Split
    text: str
    licence: str
    said_by: Path | Voice
    """The recording of a person, or who reads the text."""


def recorded_lines(folder: Path) -> list[Line]:
    """The recordings of a folder with its index.tsv. Raises UserError."""
    path = folder / "index.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}): give the folder of the recordings") from error
    lines = []
    for number, row in enumerate(rows):
        name = row["file"].rsplit(".", 1)[0].replace("/", "-")
        alone = row["file"].startswith("clips/")
        split: Split = "test" if alone or number % 10 == 7 else "val" if number % 10 == 3 else "train"
        licence = "Apache-2.0" if row["speaker"] == "reader_b" else "CC BY 4.0" if "libri" in name else "public domain"
        # the same sentence read by two people must not be trained on and tested
        lines.append(Line(name, _sentence_of(name), split, row["transcript"], licence, folder / row["file"]))
    return _one_split_a_group(lines)


def spoken_lines(folder: Path, seed: int) -> Iterator[Line]:
    """What synthesisers say, without end: three lines of a folder's speeches, one of dialogue. Raises UserError."""
    speeches, dialogue = _speech_lines(folder, seed), _dialogue_lines(seed)
    while True:
        yield from islice(speeches, 3)
        yield next(dialogue)


def _speech_lines(folder: Path, seed: int) -> Iterator[Line]:
    """A few sentences at a time, in another order for every seed."""
    chance = np.random.default_rng([seed, zlib.crc32(b"lines")])
    speeches = {path: _pieces(path) for path in sorted(folder.rglob("*.txt"))}
    if not speeches:
        raise UserError(f"{folder}: holds no texts: give the folder of the speeches")
    pieces = [(path, number) for path, found in speeches.items() for number in range(len(found))]
    names = _names(speeches)
    for round_number in count():
        for k in chance.permutation(len(pieces)):
            path, number = pieces[k]
            name = f"{names[path]}-{number:04d}"
            yield _spoken_line(name, round_number, path.stem, _split(path.stem), speeches[path][number], chance)


def _names(paths: Iterable[Path]) -> dict[Path, str]:
    """A file's name, and its folder's before it where another folder has a file of that name too."""
    names: dict[Path, str] = {}
    for path in paths:
        names[path] = f"{path.parent.name}-{path.stem}" if path.stem in names.values() else path.stem
    return names


def _dialogue_lines(seed: int) -> Iterator[Line]:
    """A few sentences that do not belong together; those that one split has are in no other."""
    chance = np.random.default_rng([seed, zlib.crc32(b"dialogue")])
    sentences = _DIALOGUE.read_text(encoding="utf-8").splitlines()
    by_split: dict[Split, list[str]] = {}
    for sentence in sentences:
        by_split.setdefault(_split(sentence), []).append(sentence)
    for number in count():
        split = _split(sentences[chance.integers(len(sentences))])
        chosen = chance.permutation(by_split[split])[: chance.integers(2, 6)]
        yield _spoken_line(f"dialogue-{number:04d}", 0, f"dialogue-{split}", split, " ".join(chosen), chance)


def _spoken_line(
    name: str, round_number: int, group: str, split: Split, text: str, chance: np.random.Generator
) -> Line:
    voice = VOICES[chance.integers(len(VOICES))]
    return Line(f"{name}-{voice.name}-{round_number}", group, split, text, "public domain", voice)


def hear_line(line: Line) -> tuple[Audio, Speech]:
    """The line's sound and what the product hears in it; of a synthesiser's words and phones, its own times.

    Raises UserError where sound and text do not fit each other.
    """
    transcript = transcript_of_text(line.text, line.id)
    chance = np.random.default_rng(zlib.crc32(line.id.encode()))
    if isinstance(line.said_by, Voice):
        spoken, exact = speak(transcript, line.said_by)
        audio, before_s = _with_silence(spoken, chance)
        _require_short(line, audio)
        alignment = _later(exact, before_s)
    else:
        audio, _ = _with_silence(read_audio(line.said_by), chance)
        _require_short(line, audio)
        alignment = align(audio, transcript)
        if alignment.fit < _LEAST_FIT:
            raise UserError(f"{line.id}: its text does not fit its sound (fit {alignment.fit:.2f})")
    return audio, Speech(audio.duration_s, alignment, analyse_rhythm(audio, alignment.words))


def _with_silence(audio: Audio, chance: np.random.Generator) -> tuple[Audio, float]:
    """Some quiet before and after, and how long it is before: synthesisers start at once, people do not."""
    pads = [chance.normal(0.0, 1e-4, int(SAMPLE_RATE * chance.uniform(*span))) for span in (_BEFORE_S, _AFTER_S)]
    samples = np.concatenate([pads[0], audio.samples, pads[1]]).astype(np.float32)
    return Audio(samples, audio.source), len(pads[0]) / SAMPLE_RATE


def _require_short(line: Line, audio: Audio) -> None:
    if audio.duration_s > _LONGEST_S:
        raise UserError(f"{line.id}: lasts {audio.duration_s:.0f} s")


def _later(alignment: Alignment, by_s: float) -> Alignment:
    """The same with all times so much later."""
    words = [
        replace(
            word,
            start_s=word.start_s + by_s,
            end_s=word.end_s + by_s,
            phones=tuple(replace(p, start_s=p.start_s + by_s, end_s=p.end_s + by_s) for p in word.phones),
        )
        for word in alignment.words
    ]
    return replace(alignment, words=tuple(words))


def _pieces(path: Path) -> list[str]:
    """Groups of whole sentences, long enough for a few gestures."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", text).replace("—", ", ").replace("–", "-")
    sentences = [s.strip() for s in re.split(r"(?<=[.!?;:])[\"”']?\s+", " ".join(text.split())) if s.strip()]
    pieces, now = [], ""
    for sentence in sentences:
        if len(sentence.split()) > _LONGEST_WORDS:
            now = ""
            continue
        now = f"{now} {sentence}".strip()
        if len(now.split()) >= _SHORTEST_WORDS:
            if len(now.split()) <= _LONGEST_WORDS:
                pieces.append(now)
            now = ""
    return pieces


def _split(group: str) -> Split:
    part = zlib.crc32(group.encode()) % 24
    return "test" if part < 2 else "val" if part < 4 else "unseen" if part == 4 else "train"


def _sentence_of(name: str) -> str:
    match = re.search(r"LJ\d+-\d+", name)
    return match.group(0) if match else name


def _one_split_a_group(lines: list[Line]) -> list[Line]:
    first: dict[str, Split] = {}
    for line in lines:
        first.setdefault(line.group, line.split)
    return [replace(line, split=first[line.group]) for line in lines]

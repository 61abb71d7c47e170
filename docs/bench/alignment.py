"""How right and how fast alignment is: prints a Markdown table.

    python docs/bench/alignment.py [--data ../shared/data] [--write]

Truth are the phone times of the synthesiser flite (voices slt and rms), clean and with noise; and recordings of
people, each with its own text and with that of another, alone and joined to ten minutes. --write puts the table into
docs/benchmarks.md.
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from stages import machine, write_section

from chironomy.errors import UserError
from chironomy.formats.words import TimingMethod
from chironomy.speech.align import align
from chironomy.speech.audio import read_audio
from chironomy.speech.transcript import transcript_of_text
from chironomy.speech.types import SAMPLE_RATE, Alignment, Audio, Samples
from chironomy.training.corpus.synthesis.voices import Voice, speak

_SENTENCES = Path(__file__).with_name("sentences.txt")
_NOISE_DB = (30, 20, 10)
_WRONG_TEXT_FROM = 37  # rows further on
_BREAK_S = 0.25


@dataclass(frozen=True)
class Recording:
    name: str
    audio: Audio
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    lines = [
        f"{date.today()}, {machine()}. `python docs/bench/alignment.py --write`",
        "",
        "| what | result |",
        "|---|---|",
    ]
    print("\n".join(lines))
    for what, result in rows(given.data):
        lines.append(f"| {what} | {result} |")
        print(lines[-1], flush=True)
    if given.write:
        write_section("Alignment", "\n".join(lines))


def rows(data: Path) -> Iterator[tuple[str, str]]:
    try:
        yield from against_flite()
    except UserError as error:
        yield "synthetic speech", f"skipped: {error}"
    index = data / "speech" / "index.tsv"
    if not index.is_file():
        yield "recordings", f"skipped: {index} is missing"
        return
    recordings = list(read_recordings(index))
    yield from of_recordings(recordings)
    for minutes in (1, 10):
        yield from joined(recordings, minutes)


def against_flite() -> Iterator[tuple[str, str]]:
    sentences = _SENTENCES.read_text(encoding="utf-8").split("\n")
    voices = [Voice("flite", name, 1.0) for name in ("slt", "rms")]
    spoken = [(text, *speak(transcript_of_text(text), voice)) for voice in voices for text in sentences if text]
    random = np.random.default_rng(1)

    def noisy(level_db: float) -> Callable[[Samples], Samples]:
        def add(samples: Samples) -> Samples:
            level = np.sqrt(np.mean(samples**2)) * 10 ** (-level_db / 20)
            return (samples + random.normal(0, level, len(samples))).astype(np.float32)

        return add

    yield flite_row("clean", spoken, lambda samples: samples)
    for level_db in _NOISE_DB:
        yield flite_row(f"white noise {level_db} dB below", spoken, noisy(level_db))


def flite_row(
    name: str, spoken: list[tuple[str, Audio, Alignment]], changed: Callable[[Samples], Samples]
) -> tuple[str, str]:
    errors: list[float] = []
    estimated = 0
    for text, audio, truth in spoken:
        result = align(Audio(changed(audio.samples), "flite"), transcript_of_text(text))
        errors += [word.start_s - true.start_s for word, true in zip(result.words, truth.words, strict=True)]
        estimated += sum(word.method is TimingMethod.ESTIMATED for word in result.words)
    size = np.abs(errors) * 1000
    return (
        f"flite, {name}: word onsets, {len(spoken)} sentences, {len(errors)} words",
        f"median error {np.median(size):.0f} ms, 90 % ≤ {np.quantile(size, 0.9):.0f} ms, "
        f"bias {np.median(errors) * 1000:+.0f} ms, over 100 ms: {(size > 100).sum()}, estimated: {estimated}",
    )


def read_recordings(index: Path) -> Iterator[Recording]:
    for line in index.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, _, text = line.split("\t")
        yield Recording(name, read_audio(index.parent / name), text)


def of_recordings(recordings: list[Recording]) -> Iterator[tuple[str, str]]:
    own = [align(r.audio, transcript_of_text(r.text)) for r in recordings]
    words = [word for result in own for word in result.words]
    estimated = [word for word in words if word.method is TimingMethod.ESTIMATED]
    yield (
        f"{len(recordings)} recordings, {len(words)} words",
        f"aligned {len(words) - len(estimated)}, estimated {len(estimated)}",
    )
    yield "fit of the own text", described(own)
    lowest = sorted(zip(own, recordings, strict=True), key=lambda pair: pair[0].fit)[:4]
    yield "least fitting", ", ".join(f"{Path(r.name).stem} {result.fit:.2f}" for result, r in lowest)
    shifted = recordings[_WRONG_TEXT_FROM:] + recordings[:_WRONG_TEXT_FROM]
    wrong = [align(r.audio, transcript_of_text(s.text)) for r, s in zip(recordings, shifted, strict=True)]
    yield "fit of the text of another recording", described(wrong)


def described(results: list[Alignment]) -> str:
    fits = [result.fit for result in results]
    low, median, high = np.quantile(fits, [0.05, 0.5, 0.95])
    return f"median {median:.2f}, 5 % {low:.2f}, 95 % {high:.2f}, lowest {min(fits):.2f}, highest {max(fits):.2f}"


def joined(recordings: list[Recording], minutes: int) -> Iterator[tuple[str, str]]:
    chosen: list[Recording] = []
    while sum(r.audio.duration_s for r in chosen) < 60 * minutes:
        chosen.append(recordings[len(chosen) % len(recordings)])
    silence = np.zeros(int(_BREAK_S * SAMPLE_RATE), np.float32)
    audio = Audio(np.concatenate([part for r in chosen for part in (r.audio.samples, silence)]), "joined")
    expected: list[float] = []
    position = 0.0
    for recording in chosen:
        alone = align(recording.audio, transcript_of_text(recording.text))
        expected += [position + word.start_s for word in alone.words]
        position += recording.audio.duration_s + _BREAK_S
    started, used = time.perf_counter(), time.process_time()
    result = align(audio, transcript_of_text(" ".join(r.text for r in chosen)))
    elapsed, processor = time.perf_counter() - started, time.process_time() - used
    same = np.abs(np.array([word.start_s for word in result.words]) - expected) <= 0.05
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield (
        f"{audio.duration_s / 60:.1f} min joined, {len(expected)} words",
        f"{elapsed:.1f} s ({audio.duration_s / elapsed:.0f} × real time; processor {processor:.1f} s), "
        f"{same.mean():.1%} of words as when aligned alone (± 50 ms), fit {result.fit:.2f}, {memory:.0f} MB",
    )


if __name__ == "__main__":
    main()

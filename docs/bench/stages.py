"""Seconds that each stage takes for a minute of speech, and peak memory, for 10 s, 1 min and 10 min.

    python3.11 dev.py bench [--lengths 10,60,600] [--write]

The speech is the bundled recording, repeated. Every length runs in a process of its own (peak memory is the
process's). --write puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "presets" / "demo" / "speech.flac"
STAGES = ("alignment", "features", "generation", "take .npz", "generate to .npz", "Blender write", "FBX", "BVH")


def speech_of(length_s: float, folder: Path) -> tuple[Path, Path]:
    """The bundled recording repeated to about this length, with its text."""
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(DEMO, dtype="int16")
    text = DEMO.with_suffix(".txt").read_text(encoding="utf-8").strip()
    if length_s < len(samples) / rate:
        # the first sentences that fit
        sentences = text.split(". ")
        samples, text = samples[: int(length_s * rate)], ". ".join(sentences[:-2]) + "."
        repeats = 1
    else:
        repeats = max(1, round(length_s * rate / len(samples)))
    audio, transcript = folder / "speech.wav", folder / "speech.txt"
    soundfile.write(audio, np.tile(samples, repeats), rate)
    transcript.write_text(" ".join([text] * repeats), encoding="utf-8")
    return audio, transcript


def peak_memory_mb() -> float:
    """Of this process, since it started."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def measure(length_s: float) -> dict[str, float]:
    """Runs every stage once on speech of this length; seconds by stage."""
    from chironomy.formats.take import write_take
    from chironomy.generators.registry import get_generator
    from chironomy.generators.request import Request
    from chironomy.motion.body import neutral_body
    from chironomy.pipeline import blender, hear
    from chironomy.pipeline.performance import of_take
    from chironomy.pipeline.write import write_bvh_file
    from chironomy.speech.rhythm import analyse_rhythm
    from chironomy.speech.transcript import read_transcript
    from chironomy.speech.types import Speech

    blender.require_blender()
    from chironomy_blender.scene.keyframes import write_action

    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds[name] = time.perf_counter() - started

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        warm_audio, warm_text = speech_of(10, folder)
        hear.hear(warm_audio, read_transcript(warm_text))  # start-up: models and libraries are loaded once
        audio_path, text_path = speech_of(length_s, folder)
        with stage("alignment"):
            audio, alignment = hear.align_recording(audio_path, read_transcript(text_path))
        with stage("features"):
            speech = Speech(audio.duration_s, alignment, analyse_rhythm(audio, alignment.words))
        with stage("generation"):
            take = get_generator("rhythm").generate(Request(speech, neutral_body()))
        with stage("take .npz"):
            write_take(folder / "take.npz", take)
        seconds["generate to .npz"] = sum(seconds.values())
        seconds["peak memory to here, MB"] = peak_memory_mb()
        performance = of_take(take, neutral_body())
        with stage("BVH"):
            write_bvh_file(folder / "take.bvh", performance)
        with blender.character(performance) as character:
            with stage("Blender write"):
                write_action("Take", character.armature, character.mesh, blender.motion_of(performance), 1)
            with stage("FBX"):
                blender.export(character, performance, folder / "take.fbx", "generic", None)
        seconds["speech"] = audio.duration_s
        seconds["peak memory, MB"] = peak_memory_mb()
    return seconds


def table(results: list[dict[str, float]]) -> str:
    """Markdown: seconds per minute of speech, lengths beside each other."""
    head = ["seconds for a minute of speech", *(f"{result['speech']:.0f} s" for result in results)]
    rows = [head, ["---", *["---:"] * len(results)]]
    for name in STAGES:
        rows.append([name, *(f"{result[name] * 60 / result['speech']:.2f}" for result in results)])
    for name in ("peak memory to here, MB", "peak memory, MB"):
        label = "peak memory up to the take" if "here" in name else "peak memory with Blender"
        rows.append([f"{label} (MB, whole)", *(f"{result[name]:.0f}" for result in results)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine() -> str:
    """What the figures were measured on."""
    import os

    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def write_section(title: str, text: str) -> None:
    """Replaces one section of docs/benchmarks.md, or adds it."""
    path = ROOT / "docs" / "benchmarks.md"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    before, found, after = old.partition(f"## {title}\n")
    following = after.partition("\n## ")[1:] if found else ("", "")
    path.write_text(f"{before.rstrip()}\n\n## {title}\n\n{text.strip()}\n{''.join(following)}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lengths", default="10,60,600", help="seconds of speech, separated by commas")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--one", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one)))
        return
    results = []
    for length in given.lengths.split(","):
        print(f"measuring {length} s of speech …", file=sys.stderr)
        command = [sys.executable, __file__, "--one", length]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        results.append(json.loads(done.stdout.splitlines()[-1]))
    text = f"{date.today()}, {machine()}. `python3.11 dev.py bench --write`\n\n{table(results)}"
    print(text)
    if given.write:
        write_section("Stages", text)


if __name__ == "__main__":
    main()

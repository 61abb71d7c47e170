"""How long the generator `semtalk` takes for a minute of speech whose features are known, and how much memory.

    python3.11 dev.py bench semtalk [--lengths 60 1800] [--write]

Networks of the published size have weights made from names, whose poses are nobody's: far more joints have to be
brought back within range than with trained ones. The small model is the one that comes along. Beside both, in the same
process, the plain way: both networks window by window in whole calls. Every row runs in a process of its own; times are
medians of three runs after one to warm up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests" / "pure"), str(Path(__file__).parent)]
PUBLISHED, SMALL = "semtalk-base-217m", "chironomy-s"
REPEATS = 3
SLIDERS = ({40: 1.6}, {40: 0.2}, {60: 1.0}, {60: 1.0, 80: 0.0})


def line_and_request(config, seconds: int, settings: dict):
    """A line of this length with words at an even pace and features by chance, half as many bytes as in fp32."""
    import numpy as np

    from chironomy.formats.words import Word
    from chironomy.generators.request import Request
    from chironomy.generators.semtalk.listening import line_of
    from chironomy.generators.semtalk.settings import read_settings
    from chironomy.generators.semtalk.windows import Windows
    from chironomy.motion.body import neutral_body
    from chironomy.nets.front_end.features import Features
    from chironomy.nets.front_end.frames import word_numbers
    from chironomy.speech.types import FPS, Alignment, Rhythm, Speech

    chance, frames, front_end = np.random.default_rng(1), seconds * FPS, config.front_end
    words = tuple(Word("word", k / 2.5, k / 2.5 + 0.3) for k in range(int(seconds * 2.5)))
    quiet = np.zeros(frames, dtype=np.float32)
    rhythm = Rhythm(quiet, quiet, quiet + 120, quiet, (0.5,) * len(words), tuple(w.start_s + 0.1 for w in words))
    spoken = word_numbers(words, frames)
    vocabulary = front_end.text == "vocabulary+clip"
    speech_width = front_end.speech_width
    features = Features(
        rhythm=chance.random((frames, front_end.rhythm_width), dtype=np.float32),
        spoken=words,
        spoken_index=spoken,
        speech=np.resize(chance.standard_normal((512, speech_width)), (frames, speech_width)).astype(np.float16)
        if speech_width
        else None,
        phones=None if speech_width else chance.integers(0, len(front_end.phones), frames),
        word_index=chance.integers(0, front_end.vocabulary, frames) if vocabulary else spoken,
        word_features=None if vocabulary else chance.standard_normal((len(words), front_end.word_width), np.float32),
    )
    count = Windows(frames, config.window_frames, config.seed_frames).count
    sentences = chance.standard_normal((count, front_end.sentence_width), dtype=np.float32)
    wanted = Request(Speech(float(seconds), Alignment(words, 1.0), rhythm), neutral_body(), settings=settings)
    return line_of(config, features, sentences, wanted, read_settings(settings)), wanted


def median_s(work: Callable[[], object]) -> float:
    """Seconds: the middle of three runs, after one that is not counted."""
    work()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def memory_mb(peak: bool = True) -> float:
    """Resident memory of this process, at its peak or now."""
    wanted = "VmHWM" if peak else "VmRSS"
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(wanted)) / 1024


def model_with(recipe: str, dtype):
    """A model in memory; its body networks in this precision. The small one with the weights that come along."""
    import torch
    from semtalk_models import model_of

    from chironomy.generators.semtalk.loading import loaded
    from chironomy.nets.config import read_model_config
    from chironomy.nets.convolution import lay_out

    if recipe == SMALL:
        return loaded(ROOT / "models" / SMALL, "cpu", "bf16" if dtype == torch.bfloat16 else "fp32")
    model = model_of(read_model_config(ROOT / "models" / "recipes" / f"{recipe}.yaml"))
    model.base.to(dtype)
    model.sparse.to(dtype)
    for network in (*model.rvq.values(), model.global_motion, model.base, model.sparse):
        lay_out(network)  # as where a model is read
    return model


def measure_speed(recipe: str, precision: str) -> dict[str, float]:
    """Seconds for 60 s of speech, by stage, and of the plain way; fusing again after a slider moved."""
    import torch

    from chironomy.emphasis.curve import emphasis_curve
    from chironomy.generators.semtalk import generator, tokens
    from chironomy.generators.semtalk.fusing import FUSION_MODES, Fuser
    from chironomy.generators.semtalk.settings import read_settings

    model = model_with(recipe, {"fp32": torch.float32, "bf16": torch.bfloat16}[precision])
    settings = read_settings({})
    line, wanted = line_and_request(model.config, 60, {})
    with torch.inference_mode():
        rows = {"networks": median_s(lambda: tokens.make_tokens(model, [line], settings))}
    rows["generator"] = median_s(lambda: generator.perform_lines(model, [line], [wanted], settings))
    if precision == "fp32":
        with torch.inference_mode():
            rows["plain way"] = median_s(lambda: plain_way(model, line))
        take, codes = generator.perform_lines(model, [line], [wanted], settings)[0]
        for mode in FUSION_MODES:
            fuser = Fuser(model, take, codes, wanted.body, mode)
            fuser(take.emphasis)
            seconds = []
            for sliders in SLIDERS:
                started = time.perf_counter()
                fuser(emphasis_curve(take.emphasis, take.metadata.words, sliders, take.metadata.fps))
                seconds.append(time.perf_counter() - started)
            rows[f"fuse again, {mode}"] = max(seconds)
    return rows


def plain_way(model, line) -> None:
    """Both networks whole, one window after the other, then everything decoded: as the published code goes."""
    import torch

    from chironomy.generators.semtalk.known_motion import known_motion
    from chironomy.generators.semtalk.lines import Place, window_batch
    from chironomy.generators.semtalk.seeds import Seed, seed_after
    from chironomy.nets.config import BODY_PARTS, PARTS
    from chironomy.nets.global_motion import global_input

    seed, codes = Seed(line.start, torch.zeros(3)), {part: [] for part in PARTS}
    for k in range(line.windows.count):
        place = Place(0, k)
        batch = window_batch([line], [place], torch.device("cpu"), torch.float32)
        known = known_motion([line], [place], [seed.motion], model.config.behaviour.seed_translation)
        base = model.base(batch.rhythm, batch.speech, *known, batch.identity)
        sparse = model.sparse(
            batch.words, batch.sentences, None, batch.speech, *known, batch.identity,
            called_class=batch.called_class, rhythm=batch.rhythm,
        )  # fmt: skip
        semantic = sparse["gate"][0].argmax(-1).bool()
        for part in PARTS:
            chosen = codes_in(model, base, part)
            if part in model.config.sparse.parts:
                chosen = torch.where(semantic[:, None], codes_in(model, sparse, part), chosen)
            codes[part].append(chosen)
        seed = seed_after(model, {part: codes[part][-1] for part in BODY_PARTS}, seed, line.windows.overlap)
    decoded = {part: model.rvq[part].decode(line.windows.join(padded(codes[part]))[None]) for part in PARTS}
    model.global_motion(global_input(decoded["lower"]))


def padded(windows):
    """Codes [W, N, levels] of windows whose last may be shorter."""
    from torch.nn.utils.rnn import pad_sequence

    return pad_sequence(windows, batch_first=True)


def codes_in(model, output, part):
    """The codes [N, levels] of the first window: the likeliest, or the nearest to what the plan asks for."""
    if (whole := output.get(f"whole_{part}")) is not None:
        return model.rvq[part].nearest(whole)[0]
    return output[f"cls_{part}"][0].argmax(1)


def measure_memory(seconds: int, precision: str, folder: Path) -> dict[str, float]:
    """Peak memory of this process from a model's folder to the take, apart from features and take."""
    import torch

    from chironomy.generators.semtalk.generator import perform_lines
    from chironomy.generators.semtalk.loading import loaded
    from chironomy.generators.semtalk.settings import read_settings

    model = loaded(folder, "cpu", precision)
    after_loading = memory_mb()
    line, wanted = line_and_request(model.config, seconds, {})
    take = perform_lines(model, [line], [wanted], read_settings({}))[0].take
    own = sum(value.nbytes for value in vars(take).values() if hasattr(value, "nbytes"))
    given = sum(value.nbytes for value in vars(line.features).values() if hasattr(value, "nbytes"))
    del torch
    return {"loaded": after_loading, "peak": memory_mb(), "take": own / 2**20, "features": given / 2**20}


def run(*arguments: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    print("measuring", *arguments[:3], file=sys.stderr)
    command = [sys.executable, __file__, "--one", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return json.loads(done.stdout.splitlines()[-1])


def table(lengths_s: list[int]) -> str:
    """Markdown."""
    full, half = run("speed", PUBLISHED, "fp32"), run("speed", PUBLISHED, "bf16")
    small, small_half = run("speed", SMALL, "fp32"), run("speed", SMALL, "bf16")
    rows = ["| 60 s of speech, features given | published size | small (windows of 256) |", "| --- | ---: | ---: |"]
    for name, label in (
        ("plain way", "plain: both networks window by window, fp32"),
        ("networks", "networks, fp32"),
        ("generator", "whole generator (take with feet, face, limits), fp32"),
    ):
        rows.append(f"| {label} | {full[name]:.2f} s | {small[name]:.2f} s |")
    for name in ("networks", "generator"):
        rows.append(f"| {name}, bf16 | {half[name]:.2f} s | {small_half[name]:.2f} s |")
    for mode in ("pose", "soft", "hard"):
        name = f"fuse again, {mode}"
        rows.append(
            f"| {name} (longest of {len(SLIDERS)}) | {1000 * full[name]:.0f} ms | {1000 * small[name]:.0f} ms |"
        )
    rows += [
        "",
        "| peak memory, published size | loaded | peak | of it features and take |",
        "| --- | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        run("write", PUBLISHED, str(folder))
        for precision in ("fp32", "bf16"):
            for seconds in lengths_s:
                found = run("memory", str(seconds), precision, str(folder))
                own = found["features"] + found["take"]
                rows.append(
                    f"| {seconds} s, {precision} | {found['loaded']:.0f} MB | {found['peak']:.0f} MB | {own:.0f} MB |"
                )
    return "\n".join(rows)


def one(kind: str, *arguments: str) -> dict[str, float]:
    """What one process measures."""
    if kind == "speed":
        return measure_speed(*arguments)
    if kind == "memory":
        return measure_memory(int(arguments[0]), arguments[1], Path(arguments[2]))
    from semtalk_models import write_model_of

    write_model_of(ROOT / "models" / "recipes" / f"{arguments[0]}.yaml", Path(arguments[1]))
    return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--lengths", nargs="+", type=int, default=[60, 1800], help="seconds of speech for peak memory")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    from stages import machine, write_section

    command = f"python3.11 dev.py bench semtalk --lengths {' '.join(map(str, given.lengths))} --write"
    text = f"{date.today()}, {machine()}. `{command}`\n\n{table(given.lengths)}"
    print(text)
    if given.write:
        write_section("SemTalk", text)


if __name__ == "__main__":
    main()

"""`chironomy inspect`: what is in a take."""

from __future__ import annotations

import json
from pathlib import Path

from ..formats.take import Take, TakeWord, read_take


def _word_facts(entry: TakeWord) -> dict[str, object]:
    return {
        "word": entry.word.text,
        "start_s": round(entry.word.start_s, 3),
        "end_s": round(entry.word.end_s, 3),
        "timing": entry.word.method.value,
        "score": round(entry.score, 3),
        "class": entry.gesture_class,
        "prominence": round(entry.prominence, 3),
        "stroke_s": [round(entry.window.stroke_start_s, 3), round(entry.window.stroke_end_s, 3)],
    }


def _statistics(take: Take) -> dict[str, float]:
    """What an animator would want to know of the motion at the take's own emphasis."""
    from ..motion.body import neutral_body
    from ..motion.measure import motion_figures
    from ..pipeline.performance import of_take

    body = neutral_body()
    performance = of_take(take, body)
    return motion_figures(performance.rotations(), take.translation, body, take.metadata.fps)


def facts_of(take: Take) -> dict[str, object]:
    """Everything that `inspect` shows, as a JSON object."""
    metadata = take.metadata
    return {
        "duration_s": round(take.duration_s, 3),
        "frames": take.frames,
        "fps": metadata.fps,
        "generator": metadata.generator,
        "model": metadata.settings.get("model", ""),
        "weights": metadata.weights,
        "seed": metadata.seed,
        "settings": metadata.settings,
        "sources": list(metadata.sources),
        "licences": list(metadata.licences),
        "notices": list(metadata.notices),
        "words": [_word_facts(entry) for entry in metadata.words],
        "statistics": {name: round(value, 4) for name, value in _statistics(take).items()},
    }


def run_inspect(path: Path, as_json: bool) -> None:
    """Prints a take's words and figures."""
    facts = facts_of(read_take(path))
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    _print_for_people(path, facts)


def _model_line(facts: dict[str, object]) -> str:
    """Name and hash of the model that made the take, as far as one tells it from others; nothing without one."""
    return f"model {facts['model']} ({str(facts['weights'])[:12]}), " if facts["weights"] else ""


def _print_for_people(path: Path, facts: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"{path}: {facts['duration_s']} s, {facts['frames']} frames at {facts['fps']:g} fps, "
        f"generator {facts['generator']}, {_model_line(facts)}seed {facts['seed']}",
        soft_wrap=True,
    )
    table = Table(box=None, header_style="bold")
    for column in ("word", "start", "end", "score", "", "class", "stress", "timing"):
        table.add_column(column, justify="right" if column in ("start", "end", "score", "stress") else "left")
    for word in facts["words"]:  # type: ignore[attr-defined]
        bar = "█" * round(10 * word["score"])
        table.add_row(
            word["word"], f"{word['start_s']:.2f}", f"{word['end_s']:.2f}", f"{word['score']:.2f}", bar, word["class"],
            f"{word['prominence']:.2f}", word["timing"],
        )  # fmt: skip
    console.print(table)
    for name, value in facts["statistics"].items():  # type: ignore[attr-defined]
        console.print(f"{name:36} {value:g}")
    for notice in facts["notices"]:  # type: ignore[attr-defined]
        console.print(f"note: {notice}")

"""What `chironomy generate`, `align` and `export` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UserError
from ..progress import within
from .terminal import progress_bar

if TYPE_CHECKING:
    from ..generators.default import Choice
    from ..generators.semtalk.fusing import FusionMode
    from ..motion.body import Body
    from ..pipeline.smplx_model import SmplxModel
    from ..speech.transcript import Transcript


def _transcript(path: Path | None, text: str | None, language: str) -> Transcript:
    """The transcript from its file or from --text; giving neither or both is wrong use."""
    from ..speech.transcript import read_transcript, transcript_of_text

    if (path is None) == (text is None):
        raise typer.BadParameter("give the words with --transcript FILE or with --text, one of them")
    if path is not None:
        return read_transcript(path, language)
    return transcript_of_text(text or "", "--text", language)


@contextmanager
def _wrong_use() -> Iterator[None]:
    """What is wrong with an option itself is wrong use (exit status 2), not a failure."""
    try:
        yield
    except UserError as error:
        raise typer.BadParameter(str(error)) from error


def _check_endings(paths: Sequence[Path], endings: Sequence[str]) -> None:
    """An ending that nobody writes is wrong use."""
    for path in paths:
        if not path.name.lower().endswith(tuple(endings)):
            raise typer.BadParameter(f"{path}: no format has this ending; there are: {' '.join(endings)}")


def _body(model_path: Path | None) -> tuple[Body, SmplxModel | None]:
    """The product's own body, or that of the user's SMPL-X model."""
    if model_path is None:
        from ..motion.body import neutral_body

        return neutral_body(), None
    from ..pipeline.smplx_model import read_smplx_model

    model = read_smplx_model(model_path)
    return model.body, model


def report(as_json: bool, outputs: Sequence[Path], notices: Sequence[str], **facts: object) -> None:
    """The files on stdout, what the user should know on stderr; or everything as one JSON object."""
    if as_json:
        print(json.dumps({"outputs": [str(path) for path in outputs], **facts, "notices": list(notices)}))
        return
    for notice in notices:
        print(f"chironomy: note: {notice}", file=sys.stderr)
    for path in outputs:
        print(path)


def run_generate(
    *,
    audio: Path,
    outputs: list[Path],
    transcript: Path | None,
    text: str | None,
    generator: str,
    style: str,
    seed: int,
    fps: float | None,
    emphasis: str,
    gesture: str,
    hand: str,
    size: str,
    smplx_model: Path | None,
    profile: str,
    language: str,
    align_model: str | None,
    model: str,
    fusion: FusionMode,
    temperature: float | None,
    top_k: int | None,
    lazy: bool,
    speaker: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Everything that can be wrong with the request is found before the long work starts."""
    from ..generators.devices import choose_device, with_fallback
    from ..generators.registry import check_settings, entry_of
    from ..generators.rhythm.lexicon import BEAT, gesture_classes
    from ..generators.rhythm.library import style_named
    from ..pipeline.choices import read_gesture_choices, read_sliders
    from ..pipeline.fusing import POSE, fused_by, write_codes_beside
    from ..pipeline.hear import hear
    from ..pipeline.perform import Wishes, perform_with_codes
    from ..pipeline.performance import of_take
    from ..pipeline.write import ENDINGS, OutputSettings, check_folders, check_profile, write_outputs

    _check_endings(outputs, ENDINGS)
    check_folders(outputs)
    spoken = _transcript(transcript, text, language)
    texts = [token.text for token in spoken.tokens]
    with _wrong_use():
        check_profile(profile)
        style_named(style)
        sliders = read_sliders(emphasis, texts)
        choices = read_gesture_choices(gesture, hand, size, texts, (*gesture_classes(), BEAT))
        choice = _choice(generator, model, language)
        generator = choice.generator
        settings = _settings({"temperature": temperature, "top_k": top_k, "speaker": speaker})
        settings |= {"lazy": True, "sliders": sliders} if lazy else {}
        check_settings(generator, settings)
        if fusion != POSE and not entry_of(generator).weights:
            raise UserError(f"--fusion {fusion}: the generator {generator} mixes by pose alone")
    weights = _weights(generator, choice.model)
    wishes = Wishes(generator, style, seed, choices, settings, weights, tuple(filter(None, [choice.notice])))
    body, smplx = _body(smplx_model)
    device, no_device = choose_device(device) if entry_of(generator).weights else ("cpu", "")
    with progress_bar(as_json) as progress:
        recording = hear(audio, spoken, align_model, within(progress, 0.0, 0.5))
        part = within(progress, 0.5, 0.6)
        (take, codes), fallen_back = with_fallback(
            device, lambda device: perform_with_codes(recording, body, wishes, part, device)
        )
        performance = fused_by(of_take(take, body, sliders, audio), fusion, codes, wishes.model)
        write_outputs(outputs, performance, OutputSettings(profile, fps, smplx), within(progress, 0.6, 1.0))
        beside = [] if codes is None else write_codes_beside(outputs, codes)
    alignment = recording.speech.alignment
    report(
        as_json,
        [*outputs, *beside],
        [*filter(None, [no_device]), *fallen_back, *take.metadata.notices],
        generator=take.metadata.generator,
        model=take.metadata.settings.get("model", ""),
        weights=take.metadata.weights,
        duration_s=round(recording.audio.duration_s, 3),
        frames=take.frames,
        fps=take.metadata.fps,
        words=len(alignment.words),
        fit=round(alignment.fit, 3),
    )


def _settings(options: Mapping[str, object]) -> dict[str, object]:
    """Those that were given; the generator has its own values for the others."""
    return {name: value for name, value in options.items() if value is not None}


def _choice(generator: str, model: str, language: str) -> Choice:
    """The generator that was meant, also where its model alone is named, by its name or its folder."""
    from ..generators.default import Choice, completed, generator_of
    from ..generators.models import examine

    if model and not generator and Path(model).is_dir():
        return Choice(generator_of(examine(Path(model))), model)
    return completed(generator, model, language)


def _weights(generator: str, model: str) -> Path | None:
    """The model that was meant by its folder or its name."""
    from ..generators.models import choose_model, model_at

    return model_at(generator, Path(model)) if model and Path(model).is_dir() else choose_model(generator, model)


def run_align(
    audio: Path,
    outputs: list[Path],
    transcript: Path | None,
    text: str | None,
    language: str,
    align_model: str | None,
    as_json: bool,
) -> None:
    """Words and phones with their times, in any of the timed formats."""
    from ..formats.word_files import WRITERS, write_words
    from ..pipeline.hear import align_recording
    from ..pipeline.write import check_folders

    _check_endings(outputs, tuple(WRITERS))
    check_folders(outputs)
    spoken = _transcript(transcript, text, language)
    with progress_bar(as_json) as progress:
        sound, alignment = align_recording(audio, spoken, align_model, progress)
        for path in outputs:
            write_words(path, alignment.words, sound.duration_s)
    facts = {"duration_s": round(sound.duration_s, 3), "words": len(alignment.words), "fit": round(alignment.fit, 3)}
    report(as_json, outputs, alignment.notices, **facts)


def run_export(
    source: Path,
    outputs: list[Path],
    emphasis: str,
    audio: Path | None,
    fps: float | None,
    smplx_model: Path | None,
    profile: str,
    model: str,
    fusion: FusionMode,
    as_json: bool,
) -> None:
    """Motion from one file into others."""
    from ..pipeline.choices import read_sliders
    from ..pipeline.fusing import POSE, codes_beside, fused_by
    from ..pipeline.performance import at_rate, of_take
    from ..pipeline.read import read_motion
    from ..pipeline.write import ENDINGS, OutputSettings, check_folders, check_profile, write_outputs

    _check_endings(outputs, ENDINGS)
    check_folders(outputs)
    with _wrong_use():
        check_profile(profile)
    if audio is not None and not audio.is_file():
        raise UserError(f"{audio}: there is no such file: check the path")
    body, smplx = _body(smplx_model)
    performance = read_motion(source, body, audio)
    if emphasis:
        with _wrong_use():
            sliders = read_sliders(emphasis, [entry.word.text for entry in performance.words])
        performance = of_take(performance.take, body, {**(performance.sliders or {}), **sliders}, audio)
    if fusion != POSE:
        codes = codes_beside(source)
        performance = fused_by(performance, fusion, codes, _weights(performance.take.metadata.generator, model))
    with progress_bar(as_json) as progress:
        write_outputs(outputs, performance, OutputSettings(profile, fps, smplx), progress)
    written = performance if fps is None else at_rate(performance, fps)
    report(as_json, outputs, (), frames=written.take.frames, fps=written.fps)

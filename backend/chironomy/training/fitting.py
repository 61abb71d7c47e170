"""Whether a corpus has what a recipe's networks need."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import UserError
from ..nets.config import ModelConfig
from .settings import StageKind
from .shards import Corpus


def check_fits(corpus: Corpus, config: ModelConfig, kinds: Collection[StageKind]) -> None:
    """Raises UserError that names the first thing in which corpus and recipe differ."""
    if set(kinds) <= {"semges"}:
        return
    _same(corpus, "values of the face", corpus.widths["face"][0], config.parts["face"].width - _jaw_width(config))
    if not {"direct", "base", "sparse"} & set(kinds):
        return
    front_end, facts = config.front_end, corpus.facts
    _same(corpus, "kind of rhythm", facts.rhythm, front_end.rhythm)
    _same(corpus, "channels of rhythm", corpus.widths["rhythm"][0], front_end.rhythm_width)
    _same(corpus, "speech content", facts.speech, front_end.speech)
    if front_end.speech == "phones":
        _need(corpus, "phones")
        _same(corpus, "set of phones", facts.phones, front_end.phones)
    elif front_end.speech != "none":
        _need(corpus, "speech")
        _same(corpus, "width of speech content", corpus.widths["speech"][0], front_end.speech_width)
    _check_text(corpus, config)
    if len(facts.speakers) > front_end.identities or (front_end.styles and facts.speakers != front_end.styles):
        wanted = ", ".join(front_end.styles) or f"{front_end.identities} speakers"
        raise _misfit(corpus, f"speakers {', '.join(facts.speakers)}", wanted)
    if front_end.gesture_classes and "gesture_class" in corpus.fields:
        _same(corpus, "gesture classes", facts.gesture_classes, front_end.gesture_classes)
    if front_end.called_classes:
        _need(corpus, "called_class")
    for name in ("plan", "base_plan"):
        if front_end.plan_width and name in corpus.fields:
            _same(corpus, f"width of {name}", corpus.widths[name][0], front_end.plan_width)


def _check_text(corpus: Corpus, config: ModelConfig) -> None:
    front_end = config.front_end
    if front_end.text == "none":
        return
    _same(corpus, "kind of text", corpus.facts.text, front_end.text)
    _need(corpus, "word_index")
    _need(corpus, "sentence_features")
    _same(corpus, "width of sentences", corpus.widths["sentence_features"][0], front_end.sentence_width)
    _same(corpus, "length of windows for sentences", corpus.facts.sentence_frames, config.window_frames)
    if front_end.text == "minilm":
        _need(corpus, "word_features")
        _same(corpus, "width of words", corpus.widths["word_features"][0], front_end.word_width)


def _jaw_width(config: ModelConfig) -> int:
    return 6 * len(config.parts["face"].joints)


def _need(corpus: Corpus, field: str) -> None:
    if field not in corpus.fields:
        raise _misfit(corpus, f"no {field}", "it")


def _same(corpus: Corpus, what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise _misfit(corpus, f"{what} {_shown(found)}", _shown(wanted))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _misfit(corpus: Corpus, found: str, wanted: str) -> UserError:
    return UserError(
        f"{corpus.folder}: has {found}, where the recipe needs {wanted}: prepare it for this recipe, or choose another"
    )

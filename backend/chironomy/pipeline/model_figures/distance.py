"""FGD of what a model performs, beside that between halves of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...evaluation import gesture_distance
from ...evaluation.gesture_distance import Encode, as_input, pooled_latents
from ...evaluation.subject import Subject
from ...motion.rotations import Array
from ...nets.feature_networks import encoder_of
from ...nets.motion_features import learn_motion_features
from ...training.corpus_format import Recording
from ...training.shards import Corpus
from .performed import Performed
from .rows import NOTHING, Row, Target
from .sample import mixed, recorded, some_of

#: Minutes that the feature network learns from, of either kind of motion, and of each sample that is compared.
_LEARNED_MINUTES, SAMPLE_MINUTES = 30, 10
#: Distances are means over so many pairs of samples: one pair of ten minutes is a matter of luck.
_DRAWS = 4
_FACTOR = 1.5

Kind = Callable[[Corpus, Recording], Subject]
Halves = Sequence[tuple[Array, Array]]


def distance_rows(own: Sequence[Performed], corpus: Corpus) -> list[Row]:
    """FGD of what is shown and of the semantic layer, each to samples of the corpus of its kind, against that of two
    such samples of the corpus' halves.
    """
    train = corpus.of_split("train")
    encode = _network(corpus, train)
    of_mixed, of_semantic = (_halves(corpus, train, kind, encode) for kind in (mixed, recorded))

    def away(motions: Sequence[Subject], halves: Halves) -> float:
        latents = pooled_latents([motion.rotations for motion in motions], encode)
        return float(np.mean([gesture_distance.corrected(latents, half) for pair in halves for half in pair]))

    shown, semantic = [one.shown for one in own], [one.semantic for one in own]
    return [
        _judged("FGD of what is shown; corpus: between halves of it, mixed", away(shown, of_mixed), of_mixed),
        _judged("FGD of the semantic layer; corpus: between halves of its own", away(semantic, of_semantic),
                of_semantic),
        _beside("FGD of what is shown, to the corpus' semantic layer", away(shown, of_semantic)),
        _beside("FGD of the corpus' own motion of these utterances, mixed", NOTHING,
                away([one.utterance.mixed for one in own], of_mixed)),
        _beside("FGD of the corpus' own motion of these utterances, semantic layer", NOTHING,
                away([one.utterance.subject for one in own], of_semantic)),
    ]  # fmt: skip


def _judged(name: str, measured: float, halves: Halves) -> Row:
    between = float(np.mean([gesture_distance.corrected(*pair) for pair in halves]))
    target = Target(high=_FACTOR * between, text=f"≤ {_FACTOR:g} times that between halves")
    return Row(name, "", target, measured, between, digits=3)


def _beside(name: str, measured: float, of_corpus: float = NOTHING) -> Row:
    return Row(name, "", None, measured, of_corpus, digits=3)


def _network(corpus: Corpus, train: Sequence[Recording]) -> Encode:
    """Learned from both kinds of motion, so that distances of both are measured alike."""
    learned = [
        as_input(kind(corpus, recording).rotations)
        for seed, kind in enumerate((recorded, mixed))
        for recording in some_of(train, _LEARNED_MINUTES, seed)
    ]
    return encoder_of(learn_motion_features(learned))


def _halves(corpus: Corpus, train: Sequence[Recording], kind: Kind, encode: Encode) -> Halves:
    return [_sample(corpus, train, kind, draw, encode) for draw in range(_DRAWS)]


def _sample(
    corpus: Corpus, recordings: Sequence[Recording], kind: Kind, draw: int, encode: Encode
) -> tuple[Array, Array]:
    """Latents of ten minutes of one half of the recordings, and of the other; halves differ from draw to draw."""
    order = np.random.default_rng(draw).permutation(len(recordings))
    halves = order[::2], order[1::2]
    latents = []
    for half in halves:
        some = some_of([recordings[k] for k in half], SAMPLE_MINUTES, seed=draw)
        latents.append(pooled_latents([kind(corpus, recording).rotations for recording in some], encode))
    return latents[0], latents[1]

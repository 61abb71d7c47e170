"""FGD of what a model performs, beside that between samples of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise, permutations

import numpy as np

from ...evaluation import gesture_distance
from ...evaluation.gesture_distance import Encode, as_input, pooled_latents
from ...evaluation.subject import FPS, Subject
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
#: Distances are means over several pairs of samples: one pair of ten minutes is a matter of luck.
_TRAINING_DRAWS = 4
_FACTOR = 1.5

Recorded = Callable[[Corpus, Recording], Subject]
Pairs = Sequence[tuple[Array, Array]]


def distance_rows(own: Sequence[Performed], corpus: Corpus) -> list[Row]:
    """FGD of what is shown and of the semantic layer, ten minutes of the model's against ten of the corpus'.

    Judged are utterances that were held out: the model's motion of some against the corpus' motion of others, beside
    the corpus' of the same two samples. Whatever sets the texts of both apart is in both figures. Shown as well are
    distances to the training part, whose texts are others.
    """
    train = corpus.of_split("train")
    encode = _network(corpus, train)

    def latents(motions: Sequence[Subject]) -> Array:
        return pooled_latents([motion.rotations for motion in motions], encode)

    rows = []
    for name, performed, held_out, kind in (
        ("of what is shown", _shown, _mixed, mixed),
        ("of the semantic layer", _semantic, _recorded, recorded),
    ):
        ours, theirs = (
            [latents([layer(one) for one in some]) for some in _samples(own)] for layer in (performed, held_out)
        )
        away = [(ours[a], theirs[b]) for a, b in permutations(range(len(ours)), 2)]
        rows.append(_judged(f"FGD {name}; corpus: between samples of it", away, list(combinations(theirs, 2))))
        halves = [_halves(corpus, train, kind, draw, latents) for draw in range(_TRAINING_DRAWS)]
        to_training = [(sample, half) for sample in ours for pair in halves for half in pair]
        of_corpus = [(sample, half) for sample in theirs for pair in halves for half in pair]
        rows.append(_beside("the same, to training recordings; corpus: held-out ones", to_training, of_corpus))
        rows.append(_beside("the same between halves of the training recordings", [], halves))
    return rows


def _judged(name: str, ours: Pairs, theirs: Pairs) -> Row:
    between = _distance(theirs)
    target = Target(high=_FACTOR * between, text=f"≤ {_FACTOR:g} times the corpus'")
    return Row(name, "", target, _distance(ours), between, digits=3)


def _beside(name: str, ours: Pairs, theirs: Pairs) -> Row:
    return Row(name, "", None, _distance(ours), _distance(theirs), digits=3)


def _distance(pairs: Pairs) -> float:
    return float(np.mean([gesture_distance.corrected(*pair) for pair in pairs])) if pairs else NOTHING


def _network(corpus: Corpus, train: Sequence[Recording]) -> Encode:
    """Learned from both kinds of motion, so that distances of both are measured alike."""
    learned = [
        as_input(kind(corpus, recording).rotations)
        for seed, kind in enumerate((recorded, mixed))
        for recording in some_of(train, _LEARNED_MINUTES, seed)
    ]
    return encoder_of(learn_motion_features(learned))


def _samples(performed: Sequence[Performed]) -> Iterator[Sequence[Performed]]:
    """Parts of about ten minutes, as equal as whole takes allow; two at least where there are as many takes."""
    frames = np.array([one.take.frames for one in performed])
    total, middles = frames.sum(), np.cumsum(frames) - frames / 2
    count = max(round(total / (SAMPLE_MINUTES * 60 * FPS)), 2)
    borders = np.searchsorted(middles, np.arange(count + 1) * total / count)
    for first, end in pairwise(np.unique(borders)):
        yield performed[first:end]


def _halves(
    corpus: Corpus, recordings: Sequence[Recording], kind: Recorded, draw: int,
    latents: Callable[[Sequence[Subject]], Array],
) -> tuple[Array, Array]:  # fmt: skip
    """Latents of ten minutes of one half of the recordings, and of the other; halves differ from draw to draw."""
    order = np.random.default_rng(draw).permutation(len(recordings))
    some = (some_of([recordings[k] for k in half], SAMPLE_MINUTES, seed=draw) for half in (order[::2], order[1::2]))
    first, second = (latents([kind(corpus, recording) for recording in half]) for half in some)
    return first, second


def _shown(one: Performed) -> Subject:
    return one.shown


def _semantic(one: Performed) -> Subject:
    return one.semantic


def _mixed(one: Performed) -> Subject:
    return one.utterance.mixed


def _recorded(one: Performed) -> Subject:
    return one.utterance.subject

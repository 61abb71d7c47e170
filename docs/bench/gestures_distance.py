"""FGD of what a model performs, beside that between halves of the corpus."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from gestures_performed import Performed
from gestures_sample import recorded, some_of
from gestures_table import Row, Target

from chironomy.evaluation import gesture_distance
from chironomy.evaluation.gesture_distance import Encode, as_input, pooled_latents
from chironomy.motion.rotations import Array
from chironomy.nets.feature_networks import encoder_of
from chironomy.nets.motion_features import learn_motion_features
from chironomy.training.corpus_format import Recording
from chironomy.training.shards import Corpus

#: Minutes that the feature network learns from, and of each sample that is compared.
_LEARNED_MINUTES, _SAMPLE_MINUTES = 60, 10
#: Distances are means over so many pairs of samples: one pair of ten minutes is a matter of luck.
_DRAWS = 4


def distance_rows(own: Sequence[Performed], corpus: Corpus) -> list[Row]:
    """FGD of what is shown to samples of the corpus, against that of two samples of its halves, as long."""
    train = corpus.of_split("train")
    learned = [recorded(corpus, r).rotations for r in some_of(train, _LEARNED_MINUTES)]
    print("learning a feature network …", file=sys.stderr)
    encode = encoder_of(learn_motion_features([as_input(motion) for motion in learned]))
    halves = [_sample(corpus, train, draw, encode) for draw in range(_DRAWS)]
    between = float(np.mean([gesture_distance.corrected(*pair) for pair in halves]))

    def to_corpus(motions: Sequence[Array]) -> float:
        latents = pooled_latents(motions, encode)
        return float(np.mean([gesture_distance.corrected(latents, half) for pair in halves for half in pair]))

    target = Target(high=1.5 * between, text="≤ 1.5 times that between halves of the corpus")
    return [
        Row("FGD; corpus: between its halves", "", target, to_corpus([p.shown.rotations for p in own]), between,
            digits=3),
        Row("FGD of the semantic layer; corpus: of its own motion of the same utterances", "", None,
            to_corpus([p.semantic.rotations for p in own]),
            to_corpus([p.utterance.subject.rotations for p in own]), digits=3),
    ]  # fmt: skip


def _sample(corpus: Corpus, recordings: Sequence[Recording], draw: int, encode: Encode) -> tuple[Array, Array]:
    """Latents of ten minutes of one half of the recordings, and of the other; halves differ from draw to draw."""
    order = np.random.default_rng(draw).permutation(len(recordings))
    halves = order[::2], order[1::2]
    latents = []
    for half in halves:
        some = some_of([recordings[k] for k in half], _SAMPLE_MINUTES, seed=draw)
        latents.append(pooled_latents([recorded(corpus, recording).rotations for recording in some], encode))
    return latents[0], latents[1]

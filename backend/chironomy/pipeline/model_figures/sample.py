"""Some minutes of a corpus, spread over all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...emphasis.fuse import fuse, within_reach
from ...evaluation.subject import FPS, Subject
from ...motion import rotations as rot
from ...motion.body import neutral_body
from ...training.corpus_format import Recording
from ...training.shards import Corpus
from ..subjects import recorded_subject


def some_of(recordings: Sequence[Recording], minutes: float, seed: int = 0) -> list[Recording]:
    """Recordings by chance, as many as make so many minutes, or all; the same for the same seed."""
    chosen, frames = [], 0
    for k in np.random.default_rng(seed).permutation(len(recordings)):
        if frames >= minutes * 60 * FPS:
            break
        chosen.append(recordings[k])
        frames += recordings[k].frames
    return chosen


def recorded(corpus: Corpus, recording: Recording) -> Subject:
    """The motion of a recording, its semantic layer, with what is known of it."""
    return recorded_subject(corpus, recording, neutral_body())


def mixed(corpus: Corpus, recording: Recording) -> Subject:
    """The same with both layers mixed by the semantic score, as the product mixes a take's by psi."""
    semantic = recorded(corpus, recording)
    assert semantic.semantic_score is not None
    base = rot.make_continuous(rot.from_six_d(corpus.read(recording, "base_rotations")))
    reachable = within_reach(base, semantic.rotations)
    return replace(semantic, rotations=rot.make_continuous(fuse(base, reachable, semantic.semantic_score)))

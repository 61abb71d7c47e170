"""What networks hear and read of a recording, as fields of a corpus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..nets.front_end.features import Features, FrontEnd


def heard_fields(front_end: FrontEnd, features: Features, sentence_frames: int) -> dict[str, NDArray]:
    """Rhythm, speech content or phones, words and sentences, whichever the front end makes."""
    fields: dict[str, NDArray] = {"rhythm": features.rhythm.astype(np.float32)}
    if features.phones is not None:
        fields["phones"] = features.phones.astype(np.int16)
    if features.speech is not None:
        fields["speech"] = features.speech.astype(np.float16)
    if features.word_index is not None:
        fields["word_index"] = features.word_index.astype(np.int32)
        index, vectors = _sentences(front_end, features, sentence_frames)
        fields |= {"sentence_index": index, "sentence_features": vectors.astype(np.float16)}
    if features.word_features is not None:
        fields["word_features"] = features.word_features.astype(np.float16)
    return fields


def _sentences(front_end: FrontEnd, features: Features, frames: int) -> tuple[NDArray, NDArray]:
    """For every frame the number of the text of a window that starts there [T]; each text's vector once [S, C]."""
    said = front_end.window_text(features)
    first: dict[str, int] = {}
    numbers: dict[str, int] = {}
    index = np.zeros(features.frames, np.int32)
    for start in range(features.frames):
        text = said(start, frames)
        first.setdefault(text, start)
        index[start] = numbers.setdefault(text, len(numbers))
    return index, front_end.sentence_vectors(features, list(first.values()), frames)

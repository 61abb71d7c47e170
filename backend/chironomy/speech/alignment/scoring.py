"""How likely each state of the acoustic model makes each frame of sound."""

import numpy as np
from numpy.typing import NDArray

from .acoustic_model import AcousticModel


def senone_scores(
    model: AcousticModel, streams: NDArray[np.float32], senones: NDArray[np.int32]
) -> NDArray[np.float32]:
    """[T, N] natural log likelihoods of the frames in `streams` [3, T, D] under N senones."""
    n_frames = streams.shape[1]
    one = np.ones((n_frames, 1), np.float32)
    terms = [np.concatenate([values, values**2, one], axis=1) for values in streams]
    scores = np.empty((n_frames, len(senones)), np.float32)
    phone_of = model.senone_phone[senones]
    for phone in np.unique(phone_of):
        columns = np.flatnonzero(phone_of == phone)
        likelihood = np.ones((n_frames, len(columns)), np.float32)
        scale = np.zeros((n_frames, 1), np.float32)
        for stream, values in enumerate(terms):
            density = values @ model.projection[phone, stream]
            highest = density.max(axis=1, keepdims=True)
            density -= highest
            np.exp(density, out=density)
            likelihood *= density @ model.weights[stream, senones[columns]].T
            scale += highest
        scores[:, columns] = np.log(likelihood) + scale  # weights are 1e-8 or more, so the product cannot underflow
    return scores

"""The English acoustic model that comes inside pocketsphinx, read for numpy.

PocketSphinx's own second pass (words to phones) gives nothing on a quarter of clean recordings, its aligner knows
neither skipped words nor foreign sounds, and its scores cannot be compared between transcripts. The model itself is
good, so it is read here (formats: `bin_mdef.c`, `ptm_mgau.c` and `ms_gauden.c` of PocketSphinx 5) and searched by
`viterbi`.

The model: 42 context-independent phones, each with a codebook of 128 Gaussians over each of three streams (cepstra,
first and second differences); 5126 senones, each a set of mixture weights over its phone's codebook; a phone in its
context (triphone) is a left-to-right model of three senones.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError

STATES_PER_PHONE = 3
SILENCE = "SIL"

# Where in a word a phone stands; the numbers are those of the model's file.
WORD_INTERNAL, WORD_BEGIN, WORD_END, WORD_SINGLE = range(4)

_MIXTURE_WEIGHT_UNIT = 1024 * np.log(1.0001)  # weights are stored as −log to the base 1.0001, shifted by ten bits
_VARIANCE_FLOOR = 1e-4
_WEIGHT_FLOOR = 1e-8


@dataclass(frozen=True)
class AcousticModel:
    """Gaussians, mixture weights and triphones. P phones, S senones, G Gaussians a stream, D dimensions a stream."""

    phones: tuple[str, ...]
    triphones: NDArray[np.int32]
    """[4, P, P, P] (place in the word, phone, left, right) → senone sequence, −1 where the model has none."""
    senone_sequences: NDArray[np.int32]
    """[Q, 3]: the senones of a phone's states; the first P rows are the phones without context."""
    senone_phone: NDArray[np.int32]
    """[S]: the phone whose codebook a senone uses."""
    projection: NDArray[np.float32]
    """[P, 3, 2·D + 1, G]: multiplied with (x, x², 1) it gives the log densities of a stream."""
    weights: NDArray[np.float32]
    """[3, S, G]: mixture weights, 0…1."""
    stay: NDArray[np.float32]
    """[P, 3]: log probability that a state lasts another frame."""
    leave: NDArray[np.float32]
    """[P, 3]: log probability that it gives way to the next."""

    def phone_number(self, label: str) -> int:
        return self.phones.index(label)

    def sequence_of(self, place: int, phone: int, left: int, right: int) -> int:
        """The senone sequence of a phone in its context: the nearest that the model has."""
        for candidate in (place, WORD_INTERNAL, WORD_BEGIN, WORD_END, WORD_SINGLE):
            found = int(self.triphones[candidate, phone, left, right])
            if found >= 0:
                return found
        return phone


@cache
def english() -> AcousticModel:
    """The model inside the installed pocketsphinx; read once (0.2 s)."""
    try:
        import pocketsphinx

        folder = Path(pocketsphinx.get_model_path("en-us/en-us"))
        return _read(folder)
    except (ImportError, OSError) as error:
        raise UserError(
            f"pocketsphinx: its English model cannot be read ({error}): pip install pocketsphinx"
        ) from error


def _read(folder: Path) -> AcousticModel:
    phones, triphones, sequences, senone_phone = _read_definition((folder / "mdef").read_bytes())
    means = _read_gaussians(folder / "means")
    variances = np.maximum(_read_gaussians(folder / "variances"), _VARIANCE_FLOOR)
    stay, leave = _read_transitions(folder / "transition_matrices")
    return AcousticModel(
        phones=phones,
        triphones=triphones,
        senone_sequences=sequences,
        senone_phone=senone_phone,
        projection=_projection(means, variances),
        weights=_read_weights((folder / "sendump").read_bytes()),
        stay=stay,
        leave=leave,
    )


def _read_definition(data: bytes) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """The file `mdef`: names of the phones, triphones → senone sequences, senone sequences, senones → phones."""
    if data[:4] != b"BMDF":
        raise UserError("pocketsphinx: its model definition has an unknown format: install pocketsphinx 5")
    description = int(np.frombuffer(data, "<i4", 1, 8)[0])
    position = 12 + description
    counts = np.frombuffer(data, "<i4", 10, position)
    n_phones, n_all, _, _, n_senones, _, n_sequences, _, n_tree, _ = (int(count) for count in counts)
    names_start = position + counts.nbytes
    names = data[names_start:].split(b"\0", n_phones)[:n_phones]
    names_length = sum(len(name) + 1 for name in names)
    table_start = names_start + (names_length + 3) // 4 * 4 + n_tree * 8
    table = np.frombuffer(
        data,
        np.dtype([("sequence", "<i4"), ("transitions", "<i4"), ("place", "u1"), ("context", "u1", 3)]),
        n_all,
        table_start,
    )
    sequences_start = table_start + table.nbytes + 4
    sequences = np.frombuffer(data, "<u2", n_sequences * STATES_PER_PHONE, sequences_start).reshape(n_sequences, -1)

    triphones = np.full((4, n_phones, n_phones, n_phones), -1, np.int32)
    in_context = table[n_phones:]
    base, left, right = in_context["context"].T
    triphones[in_context["place"], base, left, right] = in_context["sequence"]
    senone_phone = np.zeros(n_senones, np.int32)
    senone_phone[sequences[in_context["sequence"]].ravel()] = np.repeat(base, STATES_PER_PHONE)
    senone_phone[sequences[table["sequence"][:n_phones]].ravel()] = np.repeat(np.arange(n_phones), STATES_PER_PHONE)
    return tuple(name.decode("ascii") for name in names), triphones, sequences.astype(np.int32), senone_phone


def _after_header(path: Path) -> tuple[bytes, int]:
    data = path.read_bytes()
    return data, data.index(b"endhdr\n") + len(b"endhdr\n") + 4  # the header, then a number for the byte order


def _read_gaussians(path: Path) -> NDArray[np.float64]:
    """[P, 3, G, D] from a file of means or variances."""
    data, position = _after_header(path)
    n_phones, n_streams, n_gaussians, *lengths, _ = np.frombuffer(data, "<i4", 7, position)
    values = np.frombuffer(data, "<f4", n_phones * n_gaussians * sum(lengths), position + 28)
    return values.reshape(n_phones, n_streams, n_gaussians, -1).astype(np.float64)


def _read_transitions(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    data, position = _after_header(path)
    n_phones, n_from, n_to, n_values = np.frombuffer(data, "<i4", 4, position)
    counts = np.frombuffer(data, "<f4", n_values, position + 16).reshape(n_phones, n_from, n_to)
    chances = np.maximum(counts / counts.sum(axis=2, keepdims=True), 1e-4)
    states = np.arange(STATES_PER_PHONE)
    return (
        np.log(chances[:, states, states]).astype(np.float32),
        np.log(chances[:, states, states + 1]).astype(np.float32),
    )


def _read_weights(data: bytes) -> NDArray[np.float32]:
    """[3, S, G] from the file `sendump`: strings with their lengths before them, then a byte for each weight."""
    position, settings = 0, {}
    while length := int(np.frombuffer(data, "<i4", 1, position)[0]):
        key, _, value = data[position + 4 : position + 4 + length].rstrip(b"\0").decode("latin-1").rpartition(" ")
        settings[key] = value
        position += 4 + length
    n_gaussians, n_senones = (int(n) for n in np.frombuffer(data, "<i4", 2, position + 4))
    n_streams = int(settings["feature_count"])
    stored = np.frombuffer(data, "u1", n_streams * n_gaussians * n_senones, position + 12)
    by_senone = np.swapaxes(stored.reshape(n_streams, n_gaussians, n_senones), 1, 2)
    weights = np.maximum(np.exp(-_MIXTURE_WEIGHT_UNIT * np.arange(256)), _WEIGHT_FLOOR).astype(np.float32)
    return weights[np.ascontiguousarray(by_senone)]


def _projection(means: NDArray[np.float64], variances: NDArray[np.float64]) -> NDArray[np.float32]:
    """log N(x; m, v) = x·m/v − x²/2v − (Σ m²/v + log 2πv)/2, as one matrix product with (x, x², 1)."""
    constant = -0.5 * (means**2 / variances + np.log(2 * np.pi * variances)).sum(axis=3, keepdims=True)
    columns = np.concatenate([means / variances, -0.5 / variances, constant], axis=3)
    return np.ascontiguousarray(np.swapaxes(columns, 2, 3), np.float32)

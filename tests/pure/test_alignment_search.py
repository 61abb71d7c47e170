"""The parts of alignment: what the model hears, the search for the best path, times for words that were not found."""

import contextlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.speech.alignment.acoustic_model import english
from chironomy.speech.alignment.estimate import Slot, placed, speech_regions
from chironomy.speech.alignment.features import cepstra, streams
from chironomy.speech.alignment.graph import FOREIGN_FRAME_COST, graph_of
from chironomy.speech.alignment.scoring import senone_scores
from chironomy.speech.alignment.viterbi import best_path
from chironomy.speech.types import SAMPLE_RATE

WORDS = [[("G", "OW")], [("AH",), ("EY",)], [("K", "AE", "T")]]


def voice_like(seconds: float) -> np.ndarray:
    """Harmonics with a moving pitch and level, and a little noise: [N] samples."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(3 * time)) / SAMPLE_RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 20))
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    return (0.1 * tone * (1 + np.sin(5 * time)) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def heard_by_pocketsphinx(tmp_path_factory):
    """Cepstra [T, 13] and senone scores [T, 5126] that PocketSphinx itself computes, and the samples."""
    pocketsphinx = pytest.importorskip("pocketsphinx")
    folder = tmp_path_factory.mktemp("logs")
    samples = (voice_like(2.0) * 32767).astype("<i2")
    decoder = pocketsphinx.Decoder(
        lm=None, loglevel="FATAL", mfclogdir=str(folder), senlogdir=str(folder), compallsen=True, topn=128
    )
    decoder.set_align_text("go")
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    with contextlib.suppress(RuntimeError):  # this sound says nothing; the logs are written all the same
        decoder.end_utt()
    values = np.frombuffer(next(folder.glob("*.mfc")).read_bytes(), ">f4")[1:].reshape(-1, 13)
    log = next(folder.glob("*.sen")).read_bytes()
    start = log.index(b"endhdr\n") + len(b"endhdr\n") + 4
    scores = np.frombuffer(log[start : start + (len(log) - start) // 10254 * 10254], "<i2").reshape(-1, 5127)[:, 1:]
    return values, scores, samples.astype(np.float32) / 32767


def test_cepstra_are_those_of_pocketsphinx(heard_by_pocketsphinx):
    theirs, _, samples = heard_by_pocketsphinx
    ours = cepstra(samples)
    assert abs(len(ours) - len(theirs)) <= 1
    count = min(len(ours), len(theirs))
    np.testing.assert_allclose(ours[:count], theirs[:count], atol=0.01)


def test_states_are_ranked_as_pocketsphinx_ranks_them(heard_by_pocketsphinx):
    values, theirs, _ = heard_by_pocketsphinx
    ours = senone_scores(english(), streams(values, values.mean(axis=0)), np.arange(theirs.shape[1]))
    frames = np.arange(min(len(ours), len(theirs)))
    lost = ours.max(axis=1)[frames] - ours[frames, theirs.argmin(axis=1)[frames]]
    assert np.median(lost) < 0.2  # nats that their best state is worse than ours: they round to 0.1
    assert np.quantile(lost, 0.9) < 1.5


def planted(graph, *phones):
    """Ratios [T, U + 1] under which these (word, phone, frames) are by far the best.

    Word −1 is silence, −2 foreign speech.
    """
    rows = []
    for word, label, frames in phones:
        if word == -2:
            row = np.full(len(graph.senones) + 1, -30.0)
            row[-1] = -FOREIGN_FRAME_COST
            rows += [row] * frames
            continue
        number = english().phone_number(label)
        nodes = np.flatnonzero((graph.word == max(word, -1)) & (graph.phone == number))
        for state in range(3):
            row = np.full(len(graph.senones) + 1, -30.0)
            row[graph.columns[nodes, state]] = 0
            row[-1] = -FOREIGN_FRAME_COST
            rows += [row] * (frames // 3)
    return np.array(rows, np.float32)


def found(graph, path):
    """[(word, start, end)] for each run of phones of one word; silence is −1, foreign speech −2."""
    result = []
    for segment in path:
        word = -2 if graph.phone[segment.node] < 0 else int(graph.word[segment.node])
        if result and result[-1][0] == word:
            result[-1] = (word, result[-1][1], segment.end)
        else:
            result.append((word, segment.start, segment.end))
    return result


def test_words_are_found_with_and_without_pauses_between_them():
    graph = graph_of(english(), WORDS)
    ratios = planted(
        graph,
        (-1, "SIL", 30), (0, "G", 6), (0, "OW", 12), (1, "EY", 9), (-1, "SIL", 60),
        (2, "K", 6), (2, "AE", 9), (2, "T", 6),
    )  # fmt: skip
    path = best_path(graph, ratios, whole=True)
    assert found(graph, path) == [(-1, 0, 30), (0, 30, 48), (1, 48, 57), (-1, 57, 117), (2, 117, 138)]


def test_a_word_that_is_missing_is_left_out():
    graph = graph_of(english(), WORDS)
    ratios = planted(graph, (0, "G", 6), (0, "OW", 12), (-1, "SIL", 60), (2, "K", 6), (2, "AE", 9), (2, "T", 6))
    path = best_path(graph, ratios, whole=True)
    assert found(graph, path) == [(0, 0, 18), (-1, 18, 78), (2, 78, 99)]


def test_speech_that_is_not_in_the_text_is_passed_over():
    graph = graph_of(english(), WORDS[:2])
    ratios = planted(graph, (0, "G", 9), (0, "OW", 12), (-2, "", 60), (1, "AH", 12))
    assert found(graph, best_path(graph, ratios, whole=True)) == [(0, 0, 21), (-2, 21, 81), (1, 81, 93)]


def test_sound_may_end_before_the_text_where_that_is_allowed():
    graph = graph_of(english(), WORDS)
    ratios = planted(graph, (0, "G", 9), (0, "OW", 12))
    assert found(graph, best_path(graph, ratios, whole=False)) == [(0, 0, 21)]


def test_speech_regions_are_the_loud_stretches():
    silence = np.random.default_rng(0).normal(0, 1e-3, SAMPLE_RATE).astype(np.float32)
    speech = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    regions = speech_regions(np.concatenate([silence, speech, silence, silence, speech]))
    assert regions == [
        (pytest.approx(1.0, abs=0.06), pytest.approx(2.0, abs=0.06)),
        (pytest.approx(4.0, abs=0.06), 5.0),
    ]


def approximate(start, end):
    return (pytest.approx(start, abs=1e-4), pytest.approx(end, abs=1e-4))


def test_words_are_spread_over_speech_by_their_syllables():
    slots = [Slot(None, 1, 0, 10), Slot(None, 2, 0, 10), Slot(None, 3, 0, 10)]
    assert placed(slots, [(1.0, 4.0), (6.0, 9.0)]) == [
        approximate(1, 2),
        approximate(2, 4),
        approximate(6, 9),
    ]


def test_a_word_without_room_takes_a_little_from_its_neighbours():
    slots = [Slot((0.0, 1.0), 1, 0, 2), Slot(None, 1, 0, 2), Slot((1.0, 2.0), 1, 0, 2)]
    (_, before), (start, end), (after, _) = placed(slots, [(0.0, 2.0)])
    assert before == start < end == after
    assert end - start == pytest.approx(0.06)


@given(
    words=st.lists(
        st.tuples(st.booleans(), st.floats(0.01, 1), st.floats(0, 1), st.integers(1, 5)), min_size=1, max_size=12
    ),
    regions=st.lists(st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)), max_size=5),
)
def test_spans_never_overlap_and_stay_in_order(words, regions):
    position, slots = 0.0, []
    for known, length, pause, syllables in words:
        slots.append(((position, position + length) if known else None, syllables))
        position += length + pause if known else pause
    speech, time = [], 0.0
    for pause, length in regions:
        speech.append((time + pause, time + pause + length))
        time += pause + length
    spans = placed([Slot(span, syllables, 0.0, position) for span, syllables in slots], speech)
    times = [time for span in spans for time in span]
    assert all(a <= b + 1e-9 for a, b in pairwise(times))
    assert times[0] >= 0
    assert times[-1] <= position + 1e-9

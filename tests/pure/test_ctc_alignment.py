"""Other languages are aligned by CTC models that the user has on disk."""

import json

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.speech.align import align
from chironomy.speech.alignment.ctc_path import best_letters
from chironomy.speech.transcript import transcript_of_text
from chironomy.speech.types import SAMPLE_RATE, Audio

BLANK, A, B = 0, 1, 2


def emissions(*frames: int) -> np.ndarray:
    """[T, 3] log probabilities that favour one label a frame."""
    logs = np.full((len(frames), 3), np.log(0.05), np.float32)
    logs[np.arange(len(frames)), frames] = np.log(0.9)
    return logs


def test_letters_are_found_where_the_network_gives_them():
    logs = emissions(BLANK, A, A, BLANK, BLANK, B, BLANK)
    assert best_letters(logs, [A, B], BLANK) == [(1, 3), (5, 6)]


def test_equal_letters_are_kept_apart_by_a_blank():
    assert best_letters(emissions(A, A, BLANK, A, BLANK), [A, A], BLANK) == [(0, 2), (3, 4)]


def test_equal_letters_without_a_blank_between_them_are_not_merged():
    first, second = best_letters(emissions(A, A, A, A), [A, A], BLANK)
    assert first is not None
    assert second is not None
    assert first[1] < second[0]  # one frame is given to the blank, whatever the network says


def test_different_letters_may_touch():
    assert best_letters(emissions(A, A, B, B), [A, B], BLANK) == [(0, 2), (2, 4)]


def test_the_path_has_the_highest_probability_of_all():
    """Against a search of every possible path."""
    import itertools

    rng = np.random.default_rng(3)
    logs = np.log(rng.dirichlet(np.ones(3), size=6)).astype(np.float32)
    target = [A, B, B]

    def collapsed(path):
        return [label for label, _ in itertools.groupby(path) if label != BLANK]

    paths = [path for path in itertools.product(range(3), repeat=6) if collapsed(path) == target]
    best = max(paths, key=lambda path: sum(logs[t, label] for t, label in enumerate(path)))
    expected = [(t, t + sum(1 for _ in run)) for t, label, run in runs(best) if label != BLANK]
    assert best_letters(logs, target, BLANK) == expected


def runs(path):
    import itertools

    position = 0
    for label, group in itertools.groupby(path):
        members = list(group)
        yield position, label, members
        position += len(members)


def test_sound_that_ends_early_leaves_letters_out():
    assert best_letters(emissions(BLANK, A, BLANK), [A, B, A, B, A], BLANK, whole=False)[0] == (1, 2)
    assert best_letters(emissions(A), [A, B, A, B], BLANK) == [(0, 1), None, None, None]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """A network with the structure of Wav2Vec2 that knows nothing."""
    transformers = pytest.importorskip("transformers")
    import torch

    folder = tmp_path_factory.mktemp("model")
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyzäöüß"]
    (folder / "letters.json").write_text(json.dumps({letter: n for n, letter in enumerate(letters)}))
    transformers.Wav2Vec2CTCTokenizer(str(folder / "letters.json")).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=SAMPLE_RATE).save_pretrained(folder)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        conv_dim=(8,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    transformers.Wav2Vec2ForCTC(config).save_pretrained(folder, safe_serialization=True)
    return folder


def sound(seconds: float) -> Audio:
    rng = np.random.default_rng(0)
    return Audio(rng.normal(0, 0.1, int(seconds * SAMPLE_RATE)).astype(np.float32), "x.wav")


def test_a_model_from_a_folder_times_every_word(tiny_model):
    transcript = transcript_of_text("Schöne Grüße, liebe Füchse!", language="de")
    result = align(sound(4.0), transcript, model=tiny_model)
    assert [w.text for w in result.words] == ["Schöne", "Grüße", "liebe", "Füchse"]
    times = [t for w in result.words for t in (w.start_s, w.end_s)]
    assert times == sorted(times)
    assert times[-1] <= 4.0
    assert all(w.phones for w in result.words)
    assert 0 <= result.fit <= 1


def test_long_sound_goes_window_by_window(tiny_model):
    transcript = transcript_of_text(" ".join(["eins zwei drei"] * 40), language="de")
    fractions = []
    result = align(sound(70.0), transcript, lambda _stage, fraction: fractions.append(fraction), model=tiny_model)
    times = [t for w in result.words for t in (w.start_s, w.end_s)]
    assert times == sorted(times)
    assert len(fractions) > 3


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing-here.*cannot be used as an alignment model"):
        align(sound(1.0), transcript_of_text("ja", language="de"), model=tmp_path / "nothing-here")


def test_another_language_without_a_model_says_what_to_give():
    with pytest.raises(UserError, match="align-model"):
        align(sound(1.0), transcript_of_text("guten Tag", language="de"))

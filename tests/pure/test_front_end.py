"""What networks hear and read of a recording: small networks with random weights stand for HuBERT and CLIP."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import transformers
from small_pretrained import saved_clip, small_hubert
from spoken_lines import speech
from transformers import CLIPTextModelWithProjection, HubertModel

from chironomy.errors import UserError
from chironomy.formats.words import Phone, Word
from chironomy.nets.batches import in_batches
from chironomy.nets.config import FrontEndConfig
from chironomy.nets.front_end import hearing
from chironomy.nets.front_end.features import FrontEnd
from chironomy.nets.front_end.frames import NO_WORD, sentences_of, word_numbers
from chironomy.nets.front_end.phones import PHONES, phone_numbers
from chironomy.nets.front_end.pretrained import HUBERT_BASE, load_folder
from chironomy.nets.front_end.semges import semges_features
from chironomy.nets.front_end.sentences import clip_vectors, minilm_vectors, window_sentences, window_words
from chironomy.nets.front_end.vocabulary import (
    Vocabulary,
    read_vocabulary,
    vocabulary_numbers,
    write_vocabulary,
)
from chironomy.nets.semges.config import SemGesConfig, TextEncoderConfig, TransformerConfig
from chironomy.speech.audio import read_audio
from chironomy.speech.types import FPS, SAMPLE_RATE, Alignment, Audio, Rhythm, Speech

LINE = "Well, I never said that. You know what I mean?"


@pytest.fixture(scope="module")
def hubert() -> HubertModel:
    torch.manual_seed(0)
    return HubertModel(small_hubert()).eval().requires_grad_(False)


def voice(duration_s: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    t = np.arange(round(duration_s * rate)) / rate
    rng = np.random.default_rng(0)
    sound = 0.3 * np.sin(2 * np.pi * 170 * t) * (0.5 + 0.5 * np.sin(2 * np.pi * 2 * t))
    return (sound + rng.normal(0, 0.01, len(t)) + 0.02).astype(np.float32)


def directly(network: HubertModel, samples: np.ndarray) -> np.ndarray:
    """[R, S] of a piece of sound that is normalised already."""
    with torch.no_grad():
        return network(torch.from_numpy(samples)[None]).last_hidden_state[0].numpy()


def normalised(samples: np.ndarray) -> np.ndarray:
    return ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32)


def published_by_definition(network: HubertModel, samples: np.ndarray, frames: int) -> np.ndarray:
    """Level of the whole file, pieces of 320 000 (+ 80) samples, a tail under 400 dropped, corners aligned."""
    level, piece, rows = normalised(samples), 320 * 1000, []
    for k in range(len(level) // piece):
        rows.append(directly(network, level[k * piece : k * piece + piece + 80]))
    tail = level[len(level) // piece * piece :]
    if len(tail) >= 400:
        rows.append(directly(network, tail))
    joined = torch.from_numpy(np.concatenate(rows).T)[None]
    return torch.nn.functional.interpolate(joined, size=frames, mode="linear", align_corners=True)[0].T.numpy()


@pytest.mark.parametrize("samples", [9_000, 320_000 - 1, 320_000 + 79, 320_000 + 399, 320_000 + 400, 700_123])
def test_the_published_feed_is_that_of_its_definition(hubert: HubertModel, samples: int) -> None:
    sound = voice(32.0, hearing.PUBLISHED_RATE)[:samples]
    frames = ceil(samples / hearing.PUBLISHED_RATE * FPS)
    found = hearing.hear_published(hubert, sound, frames)
    assert found.shape == (frames, 24)
    np.testing.assert_allclose(found, published_by_definition(hubert, sound, frames), atol=1e-3)


def test_at_16_khz_each_frame_is_what_is_heard_at_its_time(hubert: HubertModel) -> None:
    sound = voice(6.0)
    rows = directly(hubert, normalised(sound))
    middles_s = (320 * np.arange(len(rows)) + 199.5) / SAMPLE_RATE
    frames = 180
    expected = np.stack([np.interp(np.arange(frames) / FPS, middles_s, column) for column in rows.T], axis=1)
    np.testing.assert_allclose(hearing.hear(hubert, sound, frames), expected, atol=1e-4)


def test_chunks_with_their_surroundings_come_near_the_whole(
    hubert: HubertModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = voice(12.0)
    whole = hearing.hear(hubert, sound, 360)
    monkeypatch.setattr(hearing, "_CHUNK_ROWS", 120)
    with_margin = np.abs(hearing.hear(hubert, sound, 360) - whole).max()
    monkeypatch.setattr(hearing, "_MARGIN_ROWS", 0)
    without = np.abs(hearing.hear(hubert, sound, 360) - whole).max()
    assert with_margin < 0.5 * without


def test_chunks_in_batches_are_heard_as_one_by_one(hubert: HubertModel, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = voice(9.0)
    monkeypatch.setattr(hearing, "_CHUNK_ROWS", 60)
    alone = hearing.hear(hubert, sound, 270)
    monkeypatch.setattr(hearing, "_ON_CPU", 5)
    np.testing.assert_allclose(hearing.hear(hubert, sound, 270), alone, atol=1e-5)


def test_hearing_does_not_depend_on_gain_or_offset(hubert: HubertModel) -> None:
    sound = voice(3.0)
    np.testing.assert_allclose(hearing.hear(hubert, 0.3 * sound + 0.1, 90), hearing.hear(hubert, sound, 90), atol=1e-4)


def test_semges_frames_hear_their_own_time_where_the_published_ones_run_ahead(hubert: HubertModel) -> None:
    clip_s, frames = 34 / 15, 34
    sound = voice(clip_s)
    rows = hearing.rows_of(hubert, sound)
    published = hearing.hear_published_pairs(hubert, sound, [0.0, 1.0], frames, 15.0)
    assert published.shape == (2, frames, 48)
    published = published[0]
    ours = hearing.hear_pairs(hubert, sound, np.arange(frames) / 15)
    assert published.shape == ours.shape == (frames, 48)
    np.testing.assert_array_equal(published[-1], np.concatenate([rows[66], rows[67]]))
    at_last = np.concatenate([np.stack([np.interp(33 / 15 + shift, (320 * np.arange(len(rows)) + 199.5) / 16000, c)
                                        for c in rows.T]) for shift in (-0.01, 0.01)])  # fmt: skip
    np.testing.assert_allclose(ours[-1], at_last, atol=1e-4)


def test_batches_shrink_until_they_fit() -> None:
    tried: list[int] = []

    def work(batch: list[int]) -> int:
        tried.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return sum(batch)

    assert list(in_batches(work, list(range(7)), 6)) == [(0, 0 + 1), (2, 2 + 3), (4, 4 + 5), (6, 6)]
    assert tried == [6, 3, 2, 2, 2, 1]


def test_one_item_that_does_not_fit_is_the_callers_error() -> None:
    def work(_batch: list[int]) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        list(in_batches(work, [1, 2, 3], 2))


def test_words_lie_in_the_frames_of_their_times_and_none_is_lost() -> None:
    words = [Word("a", 0.1, 0.2), Word("short", 0.21, 0.22), Word("last", 0.9, 1.2)]
    numbers = word_numbers(words, 30)
    assert numbers.tolist() == [NO_WORD] * 3 + [0] * 3 + [1] + [NO_WORD] * 20 + [2] * 3


def test_phones_are_numbers_with_silence_noise_and_unknown() -> None:
    loud = np.zeros(30)
    loud[25:] = 0.8
    rhythm = Rhythm(loud, loud, loud + 100, loud, (), ())
    words = [Word("no", 0.1, 0.3, (Phone("N", 0.1, 0.2), Phone("OW1", 0.2, 0.3))), Word("naïf", 0.5, 0.6)]
    named = [PHONES[number] for number in phone_numbers(words, rhythm, PHONES)]
    assert named == ["SIL"] * 3 + ["N"] * 3 + ["OW"] * 3 + ["SIL"] * 6 + ["NOISE"] * 3 + ["SIL"] * 7 + ["NOISE"] * 5


def test_sentences_end_with_their_sign_or_a_long_pause() -> None:
    words = speech(LINE).words
    assert [[words[k].text for k in sentence] for sentence in sentences_of(words)] == [
        ["Well", "I", "never", "said", "that"],
        ["You", "know", "what", "I", "mean"],
    ]
    endless = [Word("on", 0.2 * k, 0.2 * k + 0.1) for k in range(90)]
    assert [len(sentence) for sentence in sentences_of(endless)] == [40, 40, 10]


def test_a_windows_words_are_joined_and_repeated_ones_merge_unless_there_is_a_pause() -> None:
    words = [Word("no", 0.0, 0.1), Word("no", 0.1, 0.2), Word("way", 0.2, 0.3), Word("way", 0.5, 0.6)]
    assert window_words(words, word_numbers(words, 30), 0, 30) == "no way way"


def test_a_windows_sentence_is_the_one_that_is_spoken_most() -> None:
    words = speech(LINE).words
    said = window_sentences(words, word_numbers(words, 150))
    assert said(0, 30) == "Well, I never said that."
    assert said(100, 40) == "You know what I mean?"
    assert said(0, 3) == ""


def test_the_vocabulary_knows_case_and_apostrophes_and_silence_by_choice(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, Vocabulary({"": 4, "never": 7, "don't": 8}))
    vocabulary = read_vocabulary(tmp_path, 9)
    words = [Word("Never", 0.0, 0.1), Word("don’t", 0.1, 0.2), Word("Chironomy", 0.2, 0.3)]
    numbers = word_numbers(words, 12)
    as_unknown = vocabulary_numbers(vocabulary, words, numbers, "unknown-word")
    assert as_unknown.tolist() == [7] * 3 + [8] * 3 + [3] * 3 + [3] * 3
    assert vocabulary_numbers(vocabulary, words, numbers, "silence-token").tolist()[-3:] == [4] * 3


@pytest.mark.parametrize("content", ["[]", '{"words": {}}', '{"unknown": 3, "words": {"a": 9}}', "\x80"])
def test_a_vocabulary_that_does_not_fit_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "vocabulary.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"vocabulary\.json: .*convert the weights again"):
        read_vocabulary(tmp_path, 9)


def test_a_missing_vocabulary_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"vocabulary\.json: is missing: convert the weights again"):
        read_vocabulary(tmp_path, 9)


def test_clip_vectors_do_not_depend_on_what_is_read_along(tmp_path: Path) -> None:
    saved_clip(tmp_path)
    network = CLIPTextModelWithProjection.from_pretrained(tmp_path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    texts = ["no", "", "i never said that", "no", "a " * 200]
    together = clip_vectors(network, tokenizer, texts)
    assert together.shape == (5, 512)
    np.testing.assert_array_equal(together[0], together[3])
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(clip_vectors(network, tokenizer, [text])[0], vector, atol=1e-5)
    assert np.abs(together[0] - together[2]).max() > 1e-3


def recording(tmp_path: Path, config: FrontEndConfig, text: str = LINE) -> tuple[FrontEnd, Speech, Audio]:
    line = speech(text)
    soundfile.write(tmp_path / "line.wav", voice(line.duration_s, 44_100), 44_100)
    audio = read_audio(tmp_path / "line.wav")
    (tmp_path / "model").mkdir(exist_ok=True)
    return FrontEnd(config, tmp_path / "model"), line, audio


PHONES_AND_MINILM = FrontEndConfig(
    rhythm="normalised", rhythm_width=5, speech="phones", phones=PHONES, text="minilm", word_width=384,
    sentence_width=384,
)  # fmt: skip


def test_a_recording_gets_everything_that_a_small_model_hears_on_the_takes_frames(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, PHONES_AND_MINILM)
    features = front_end.features(line, audio)
    frames = ceil(line.duration_s * FPS)
    assert features.frames == frames
    assert features.rhythm.shape == (frames, 5)
    assert features.phones is not None
    assert features.phones.shape == (frames,)
    words = features.words(0, frames)
    assert words is not None
    assert words.shape == (frames, 384)
    np.testing.assert_array_equal(np.abs(words).max(axis=1) > 0, features.spoken_index != NO_WORD)
    vectors = front_end.sentence_vectors(features, [0, 60], 64)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert features.notices == ()


def test_sound_without_words_has_features_all_the_same(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, PHONES_AND_MINILM)
    features = front_end.features(replace(line, alignment=Alignment((), 0.0)), audio)
    words = features.words(0, 40)
    assert words is not None
    assert not words.any()
    assert not front_end.sentence_vectors(features, [0, 60], 64).any()


def test_the_same_recording_gives_the_same_features_and_is_kept(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, PHONES_AND_MINILM)
    first = front_end.features(line, audio)
    assert front_end.features(line, audio) is first
    again = FrontEnd(PHONES_AND_MINILM, tmp_path / "model").features(line, audio)
    np.testing.assert_array_equal(again.words(0, 100), first.words(0, 100))
    changed = replace(line, alignment=Alignment((*line.words[:-1], replace(line.words[-1], text="meant")), 1.0))
    assert front_end.features(changed, audio) is not first


def test_everything_that_the_published_model_hears_comes_from_folders_beside_it(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, FrontEndConfig(vocabulary=10))
    torch.manual_seed(2)
    HubertModel(small_hubert(1024)).save_pretrained(tmp_path / "hubert-large")
    saved_clip(tmp_path / "clip-vit-base-patch32")
    write_vocabulary(tmp_path / "model", Vocabulary({"i": 4, "never": 5, "said": 6, "that": 7, "you": 8, "know": 9}))
    features = front_end.features(line, audio)
    frames = ceil(line.duration_s * FPS)
    assert features.rhythm.shape == (frames, 3)
    assert features.speech is not None
    assert features.speech.shape == (frames, 1024)
    assert set(features.words(0, frames).tolist()) == {3, 4, 5, 6, 7, 8, 9}  # type: ignore[union-attr]
    assert front_end.sentence_vectors(features, range(0, 90, 60), 64).shape == (2, 512)
    (tmp_path / "line.wav").unlink()
    gone = FrontEnd(front_end.config, tmp_path / "model").features(line, audio)
    assert any("nothing above 8 kHz" in notice for notice in gone.notices)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (FrontEndConfig(text="none"), r"hubert-large: is missing: put facebook/hubert-large-ls960-ft there"),
        (FrontEndConfig(speech="hubert-base", text="none"), r"hubert-base: is missing: put facebook/hubert-base-ls960"),
    ],
)
def test_a_network_that_is_not_there_is_named_with_what_to_put_where(
    tmp_path: Path, config: FrontEndConfig, named: str
) -> None:
    front_end, line, audio = recording(tmp_path, config)
    with pytest.raises(UserError, match=named):
        front_end.features(line, audio)


def test_missing_clip_is_named_too(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, FrontEndConfig(speech="none", vocabulary=10))
    write_vocabulary(tmp_path / "model", Vocabulary({}))
    features = front_end.features(line, audio)
    with pytest.raises(UserError, match=r"clip-vit-base-patch32: is missing: put openai/clip-vit-base-patch32 there"):
        front_end.sentence_vectors(features, [0], 64)


def test_a_network_without_all_its_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    HubertModel(small_hubert()).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layers.1.attention.q_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match=r"holds no whole HubertModel \(encoder\.layers\.1\.attention\.q_proj\.weight"):
        load_folder(HUBERT_BASE, tmp_path, "cpu")


@pytest.mark.parametrize("damage", ["truncated", "not json"])
def test_broken_files_are_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    HubertModel(small_hubert()).save_pretrained(tmp_path)
    if damage == "truncated":
        path = tmp_path / "model.safetensors"
        path.write_bytes(path.read_bytes()[:5000])
    else:
        (tmp_path / "config.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read") as error:
        load_folder(HUBERT_BASE, tmp_path, "cpu")
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_weights_that_would_run_code_are_not_unpickled(tmp_path: Path) -> None:
    import pickle

    HubertModel(small_hubert()).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    trace = tmp_path / "trace"

    class Malice:
        def __reduce__(self):
            return (Path.touch, (trace,))

    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"x": Malice()}))
    with pytest.raises(UserError, match="cannot be read"):
        load_folder(HUBERT_BASE, tmp_path, "cpu")
    assert not trace.exists()


def test_a_hubert_of_another_size_is_refused(tmp_path: Path) -> None:
    front_end, line, audio = recording(tmp_path, FrontEndConfig(speech="hubert-base", text="none"))
    HubertModel(small_hubert()).save_pretrained(tmp_path / "hubert-base")
    with pytest.raises(UserError, match="with 768 channels, but the HuBERT found has 24"):
        front_end.features(line, audio)


def test_a_model_whose_channels_are_counted_wrong_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="rhythm_width is 3, but there are 5"):
        FrontEnd(FrontEndConfig(rhythm="normalised", text="none"), tmp_path)


def test_a_text_that_cannot_be_read_is_told_and_the_rest_is_made(tmp_path: Path) -> None:
    config = FrontEndConfig(rhythm="normalised", rhythm_width=5, speech="phones", phones=PHONES, vocabulary=10)
    front_end, line, audio = recording(tmp_path, config, "Das habe ich nie gesagt.")
    write_vocabulary(tmp_path / "model", Vocabulary({"never": 4}))
    words = tuple(replace(word, phones=()) for word in line.words)
    features = front_end.features(replace(line, alignment=Alignment(words, 1.0)), audio)
    assert features.rhythm.any()
    assert "cannot read 5 of 5 words" in features.notices[0]
    assert "phones of 5 of 5 words" in features.notices[1]


def test_long_recordings_take_no_memory_beyond_their_features(
    hubert: HubertModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = itertools.count()
    longest = 0

    class Counting:
        config, device = hubert.config, hubert.device

        def __call__(self, sound: torch.Tensor) -> object:
            nonlocal longest
            next(heard)
            longest = max(longest, sound.numel())
            return hubert(sound)

    monkeypatch.setattr(hearing, "_CHUNK_ROWS", 100)
    monkeypatch.setattr(hearing, "_MARGIN_ROWS", 10)
    hearing.hear(Counting(), voice(30.0), 900)
    assert next(heard) == 15
    assert longest <= (100 + 2 * 10) * 320 + 80


def test_minilm_reads_likeness_of_meaning() -> None:
    from chironomy.nets.front_end.minilm import load_minilm

    one, alike, other = minilm_vectors(*load_minilm("cpu"), ["I disagree.", "That is not true.", "Blue paint dries."])
    assert one @ alike > one @ other + 0.1


def test_semges_hears_and_reads_at_its_own_frame_rate(tmp_path: Path) -> None:
    config = SemGesConfig(transformer=TransformerConfig(audio_width=48, text=TextEncoderConfig(vocabulary=10)))
    _, line, audio = recording(tmp_path, FrontEndConfig())
    torch.manual_seed(3)
    HubertModel(small_hubert()).save_pretrained(tmp_path / "hubert-base")
    write_vocabulary(tmp_path / "model", Vocabulary({"": 4, "never": 7}))
    features = semges_features(config, line, audio, tmp_path / "model")
    frames = ceil(line.duration_s * 15)
    assert features.speech.shape == (frames, 48)
    assert features.word_index.shape == (frames,)
    assert set(features.word_index.tolist()) == {3, 4, 7}
    assert "cannot read 9 of 10 words" in features.notices[0]
    with pytest.raises(UserError, match="needs hubert-base with 768 channels, but the HuBERT found has 24"):
        semges_features(SemGesConfig(transformer=TransformerConfig()), line, audio, tmp_path / "model")

"""Sound files: every format becomes the same mono 16 kHz sound, and broken ones are named in one line."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("soundfile", reason="needs soundfile")
pytest.importorskip("soxr", reason="needs soxr")
import soundfile

from chironomy.errors import UserError
from chironomy.progress import Cancelled
from chironomy.speech.audio import read_audio
from chironomy.speech.types import SAMPLE_RATE

BURST_S = 0.8
FORMATS = [
    ("wav", "PCM_16", 16_000),
    ("wav", "PCM_U8", 22_050),
    ("wav", "FLOAT", 44_100),
    ("wav", "DOUBLE", 96_000),
    ("flac", "PCM_24", 48_000),
    ("ogg", "VORBIS", 44_100),
    ("ogg", "OPUS", 48_000),
    ("mp3", "MPEG_LAYER_III", 44_100),
    ("mp3", "MPEG_LAYER_III", 11_025),
]


def burst(rate: int, length: int, centre_s: float = BURST_S) -> np.ndarray:
    """A short tone under a bell curve around centre_s."""
    t = np.arange(length) / rate - centre_s
    return 0.5 * np.exp(-0.5 * (t / 0.002) ** 2) * np.cos(2 * np.pi * 700 * t)


def delay(samples: np.ndarray, expected: np.ndarray) -> int:
    spectrum = np.fft.rfft(samples) * np.conj(np.fft.rfft(expected))
    lag = int(np.argmax(np.fft.irfft(spectrum, len(samples))))
    return lag - len(samples) if lag > len(samples) // 2 else lag


@pytest.mark.parametrize(("ending", "subtype", "rate"), FORMATS)
def test_a_burst_stays_where_it_is_in_every_format(tmp_path: Path, ending: str, subtype: str, rate: int) -> None:
    length = int(1.345 * rate) + 7
    path = tmp_path / f"a burst.{ending}"
    soundfile.write(path, np.stack([burst(rate, length)] * 2, axis=1), rate, subtype=subtype)
    audio = read_audio(path)
    assert audio.samples.dtype == np.float32
    assert len(audio.samples) == round(length * SAMPLE_RATE / rate)
    assert delay(audio.samples, burst(SAMPLE_RATE, len(audio.samples))) == 0
    assert audio.source == str(path)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_sound_read_in_many_blocks_equals_sound_read_in_one(tmp_path: Path, monkeypatch, rate: int) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (3 * rate + 11, 3)), rate, subtype="FLOAT")
    whole = read_audio(path).samples
    monkeypatch.setattr("chironomy.speech.audio._BLOCK_SAMPLES", 10_007)
    np.testing.assert_allclose(read_audio(path).samples, whole, atol=1e-6)


def test_channels_are_averaged_and_loud_float_files_are_brought_into_range(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
    soundfile.write(path, np.stack([8.0 * tone, np.zeros_like(tone)], axis=1), 16_000, subtype="FLOAT")
    samples = read_audio(path).samples
    assert np.abs(samples).max() <= 1.0
    np.testing.assert_allclose(samples, tone, atol=1e-5)


def test_leading_and_trailing_silence_stay(tmp_path: Path) -> None:
    path = tmp_path / "pauses.flac"
    sound = np.concatenate([np.zeros(16_000), burst(16_000, 16_000, 0.5), np.zeros(32_000)])
    soundfile.write(path, sound, 16_000)
    samples = read_audio(path).samples
    assert len(samples) == 64_000
    assert np.argmax(np.abs(samples)) == 24_000


def _cut(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("ending", "subtype"), [("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS"), ("mp3", None)]
)
@pytest.mark.parametrize("share", [0.7, 0.3])
def test_a_cut_off_file_is_refused(tmp_path: Path, ending: str, subtype: str | None, share: float) -> None:
    path = tmp_path / f"cut.{ending}"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 160_000), 16_000, subtype=subtype)
    _cut(path, share)
    with pytest.raises(UserError, match=r"cut\.\w+: .*(cut off|cannot be read)"):
        read_audio(path)


@pytest.mark.parametrize("share", [0.7, 0.3, 0.05])
def test_nothing_else_is_printed_about_a_cut_off_mp3(tmp_path: Path, share: float, capfd) -> None:
    path = tmp_path / "cut.mp3"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 480_000), 16_000)
    _cut(path, share)
    with pytest.raises(UserError, match="cut off"):
        read_audio(path)
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(UserError, match="cannot be read as sound"):
        read_audio(path)
    assert capfd.readouterr() == ("", "")


def test_a_wav_from_a_pipe_that_knows_no_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "piped.wav"
    soundfile.write(path, burst(16_000, 16_000), 16_000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data")
    content[4:8] = content[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert len(read_audio(path).samples) == 16_000


def write(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.wav: there is no such file"):
        read_audio(tmp_path / "nothing.wav")
    with pytest.raises(UserError, match="cannot be read"):
        read_audio(tmp_path)


@pytest.mark.parametrize("name", ["empty.wav", "empty.raw", "empty.mp3"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        read_audio(tmp_path / name)


@pytest.mark.parametrize(
    "content", [b"To be, or not to be.\n" * 50, bytes(range(256)) * 40, b"RIFF\0\0\0\0WAVE", b"OggS"]
)
@pytest.mark.parametrize("name", ["no.wav", "no.raw", "no.mp3"])
def test_what_is_no_sound_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=r"no\.\w+: ") as caught:
        read_audio(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_silence_is_refused_even_with_an_offset_and_dither(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-3e-5, 3e-5, 32_000)
    for samples in (np.zeros(32_000), 0.2 + noise):
        with pytest.raises(UserError, match="is silent"):
            read_audio(write(tmp_path / "silent.wav", samples))


def test_too_short_and_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lasts 0\.25 s"):
        read_audio(write(tmp_path / "short.wav", np.ones(4_000)))
    with pytest.raises(UserError, match="holds no sound"):
        read_audio(write(tmp_path / "none.wav", np.ones(0)))


def test_over_two_hours_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(1000, dtype=np.int16), 8_000, subtype="PCM_U8")
    length = 8_000 * 7_300
    content = bytearray(path.read_bytes())
    at = content.index(b"data")
    content[at + 4 : at + 8] = length.to_bytes(4, "little")
    path.write_bytes(content)
    with path.open("r+b") as file:  # a sparse file: takes no room
        file.truncate(at + 8 + length)
    with pytest.raises(UserError, match=r"lasts 2\.0 h"):
        read_audio(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    samples = np.full(16_000, 0.1)
    samples[8_000] = value
    with pytest.raises(UserError, match="no numbers"):
        read_audio(write(tmp_path / "nan.wav", samples))


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    def cancel(_stage: str, _fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_audio(write(tmp_path / "tone.wav", burst(16_000, 16_000)), cancel)


def test_huge_numbers_in_a_float_file_are_dealt_with(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    soundfile.write(path, 1e30 * burst(44_100, 44_100, 0.5), 44_100, subtype="DOUBLE")
    assert np.abs(read_audio(path).samples).max() == 1.0
    soundfile.write(path, 1e300 * burst(44_100, 44_100, 0.5), 44_100, subtype="DOUBLE")
    with pytest.raises(UserError, match="no numbers"):
        read_audio(path)


def test_a_wav_that_announces_a_little_more_than_it_has_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "rounded.wav", burst(16_000, 16_000))
    path.write_bytes(path.read_bytes()[:-400])
    assert len(read_audio(path).samples) == 15_900

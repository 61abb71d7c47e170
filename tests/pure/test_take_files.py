"""Takes come back as they were written; damaged and hostile files are refused in one line, unpacked by nobody."""

import io
import json
import os
import pickle
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motion_strategies import random_motion, seeds

from chironomy.errors import UserError
from chironomy.formats.take import StrokeWindow, Take, TakeMetadata, TakeWord, read_take, write_take
from chironomy.formats.words import Phone, TimingMethod, Word

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
times = st.floats(0, 7200, allow_nan=False)
words = st.builds(
    TakeWord,
    word=st.builds(
        Word,
        text=texts,
        start_s=times,
        end_s=times,
        phones=st.lists(st.builds(Phone, texts, times, times), max_size=2).map(tuple),
        punctuation=texts,
        method=st.sampled_from(TimingMethod),
        confidence=st.floats(0, 1),
    ),
    score=st.floats(0, 1),
    window=st.builds(StrokeWindow, times, times, times, times),
    gesture_class=texts,
    prominence=st.floats(0, 1),
)


def a_take(seed: int = 0, frames: int = 5, spoken: tuple[TakeWord, ...] = (), expressions: bool = False) -> Take:
    random = np.random.default_rng(seed)
    rotations, translation = random_motion(seed, frames)
    return Take(
        base_rotations=rotations,
        semantic_rotations=random_motion(seed + 1, frames)[0],
        translation=translation,
        semantic_translation=translation,
        face=random.uniform(0, 1, (frames, 52)),
        emphasis=random.uniform(0, 1, frames),
        contacts=random.integers(0, 2, (frames, 4)).astype(float),
        metadata=TakeMetadata(30.0, spoken, "rhythm", "", seed, {"a": [1, "ä"]}, ("x.wav",), ("CC0",), ("a notice",)),
        expressions=random.normal(size=(frames, 100)) if expressions else np.zeros((0, 100)),
    )


@settings(deadline=None, max_examples=25)
@given(seeds, st.integers(1, 20), st.lists(words, max_size=3).map(tuple), st.booleans())
def test_a_take_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: int, spoken: tuple[TakeWord, ...], expressions: bool
) -> None:
    take = a_take(seed, frames, spoken, expressions)
    path = tmp_path_factory.mktemp("take") / "take.npz"
    write_take(path, take)
    again = read_take(path)
    assert again.metadata == take.metadata
    for name in ("base_rotations", "semantic_rotations", "translation", "face", "emphasis", "contacts", "expressions"):
        np.testing.assert_allclose(getattr(again, name), getattr(take, name), rtol=1e-6, atol=1e-6)


def test_the_same_take_gives_the_same_bytes_whatever_the_name(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz", "c.take"):
        write_take(tmp_path / name, a_take(3))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.npz"
    spoken = TakeWord(Word("no", 0.1, 0.2, (Phone("N", 0.1, 0.2),)), 0.5, StrokeWindow(0, 0.1, 0.2, 0.3))
    write_take(path, a_take(spoken=(spoken,)))
    return path


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as error:
        read_take(path)
    message = str(error.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_pickled_objects_are_never_read(good: Path) -> None:
    touched = good.with_name("touched")

    class Bomb:
        def __reduce__(self) -> tuple:
            return Path.touch, (touched,)

    assert pickle.loads(pickle.dumps(Bomb())) is None
    touched.unlink()
    arrays = arrays_of(good)
    arrays["face"] = np.array([Bomb()], dtype=object)
    np.savez(good, **arrays)
    assert "pickled" in complaint(good)
    assert not touched.exists()


def member(shape: tuple[int, ...], data: bytes, dtype: str = "<f4") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue() + data


def rewrite(path: Path, changed: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members | changed).items():
            archive.writestr(name, content)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(good: Path) -> None:
    size = 400_000_000
    header = member((size // 4,), b"")
    with zipfile.ZipFile(good, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.npy", "w") as file:
        file.write(header)
        for _ in range(size // 1_000_000):
            file.write(bytes(1_000_000))
    assert good.stat().st_size < 2_000_000
    tracemalloc.start()
    message = complaint(good)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert "bomb" in message


@pytest.mark.parametrize(
    "shape", [(10**15, 55, 4), (2**62, 55, 4), (500_001, 55, 4), (0, 55, 4), (), (5,), (5, 55), (5, 4, 55), (-1, 55, 4)]
)
def test_shapes_that_no_take_has_are_refused(good: Path, shape: tuple[int, ...]) -> None:
    rewrite(good, {"base_rotations.npy": member(shape, bytes(5 * 55 * 4 * 4))})
    complaint(good)


@pytest.mark.parametrize("length", [-1, 1, 1000])
def test_arrays_longer_or_shorter_than_they_say_are_refused(good: Path, length: int) -> None:
    rewrite(good, {"emphasis.npy": member((5,), bytes(20 + length) if length > 0 else bytes(19))})
    assert "as long as" in complaint(good)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["base_rotations", "face", "emphasis", "translation"])
def test_values_that_are_no_numbers_are_refused(good: Path, name: str, value: float) -> None:
    arrays = arrays_of(good)
    arrays[name].flat[3] = value
    np.savez_compressed(good, **arrays)
    assert name in complaint(good)


def test_rotations_that_are_none_are_refused(good: Path) -> None:
    arrays = arrays_of(good)
    arrays["semantic_rotations"][:] = 0
    np.savez_compressed(good, **arrays)
    assert "no rotations" in complaint(good)


@pytest.mark.parametrize("dtype", ["U4", "c8", "M8[s]", "i4", "?"])
def test_arrays_of_another_type_are_refused(good: Path, dtype: str) -> None:
    arrays = arrays_of(good)
    arrays["emphasis"] = np.zeros(5, dtype=dtype)
    np.savez_compressed(good, **arrays)
    complaint(good)


def change_metadata(path: Path, change: dict) -> None:
    arrays = arrays_of(path)
    document = json.loads(arrays["metadata"].tobytes()) | change
    arrays["metadata"] = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": None},
        {"fps": float("nan")},
        {"fps": 0},
        {"fps": "30"},
        {"fps": True},
        {"words": None},
        {"words": [1]},
        {"words": [{}]},
        {"notices": [1]},
        {"notices": None},
        {"settings": []},
        {"surprise": 1},
    ],
)
def test_descriptions_that_make_no_sense_are_refused(good: Path, change: dict) -> None:
    change_metadata(good, change)
    complaint(good)


@pytest.mark.parametrize(("key", "value"), [("start_s", "soon"), ("start_s", None), ("end_s", 1e999), ("text", 5)])
def test_words_whose_times_and_texts_are_none_are_refused(good: Path, key: str, value: object) -> None:
    document = json.loads(arrays_of(good)["metadata"].tobytes())
    document["words"][0]["word"][key] = value
    change_metadata(good, document)
    complaint(good)


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"[]"])
def test_a_description_that_is_no_json_is_refused(good: Path, text: bytes) -> None:
    arrays = arrays_of(good)
    arrays["metadata"] = np.frombuffer(text, dtype=np.uint8)
    np.savez_compressed(good, **arrays)
    complaint(good)


@pytest.mark.parametrize("name", ["base_rotations", "metadata", "expressions"])
def test_a_missing_part_is_named(good: Path, name: str) -> None:
    arrays = arrays_of(good)
    del arrays[name]
    np.savez_compressed(good, **arrays)
    assert name in complaint(good)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.integers(0, 255))
def test_cut_and_scribbled_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, where: float, byte: int
) -> None:
    path = tmp_path_factory.mktemp("take") / "take.npz"
    write_take(path, a_take())
    content = path.read_bytes()
    at = int(where * (len(content) - 1))
    path.write_bytes(content[:at])
    complaint(path)
    path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
    with suppress(UserError):
        read_take(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    complaint(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    complaint(tmp_path / "missing.npz")
    complaint(tmp_path)


def test_an_existing_take_stays_when_the_new_one_cannot_be_written(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = good.read_bytes()

    def full_disk(*_arguments: object, **_arrays: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(np.lib.format, "write_array", full_disk)
    with pytest.raises(UserError, match="No space left"):
        write_take(good, a_take(7))
    assert good.read_bytes() == before
    assert list(good.parent.iterdir()) == [good]


def test_settings_that_json_does_not_know_are_a_defect_of_ours_and_write_nothing(tmp_path: Path) -> None:
    take = a_take()
    with pytest.raises((TypeError, ValueError)):
        write_take(tmp_path / "x.npz", replace(take, metadata=replace(take.metadata, settings={"x": float("nan")})))
    assert not list(tmp_path.iterdir())

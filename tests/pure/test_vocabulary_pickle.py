"""The vocabulary's pickle gives words and numbers, and can do nothing else."""

import io
import os
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.nets.convert.vocabulary_pickle import read_vocabulary_pickle

WORDS = {"": 4, "i": 5, "don't": 6, "naïve": 7}


@pytest.fixture
def vocab_class() -> Iterator[type]:
    """A class as pickles of the authors' code name it; it is gone when the vocabulary is read."""
    module = types.ModuleType("dataloaders_build_vocab")
    made = type("Vocab", (), {"__module__": module.__name__})
    module.Vocab = made  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    yield made
    sys.modules.pop(module.__name__, None)


def vocabulary(made: type, **attributes: Any) -> object:
    thing = made()
    thing.__dict__.update({"name": "words", "trimming": False, "n_words": 8, "word2index": WORDS, **attributes})
    return thing


def written(path: Path, thing: object, protocol: int = pickle.DEFAULT_PROTOCOL) -> Path:
    path.write_bytes(pickle.dumps(thing, protocol=protocol))
    for name in [name for name in sys.modules if name.startswith("dataloaders_")]:
        del sys.modules[name]
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_words_are_read_without_the_authors_class_and_vectors_left_out(
    tmp_path: Path, vocab_class: type, protocol: int
) -> None:
    vectors = np.random.default_rng(1).random((8, 300)).astype(np.float32)
    thing = vocabulary(vocab_class, word_embedding_weights=vectors, index2word={5: "i"})
    read = read_vocabulary_pickle(written(tmp_path / "vocab.pkl", thing, protocol))
    assert dict(read.words) == WORDS
    assert read.number("I") == 5


class _RunsACommand:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("where", ["whole", "attribute", "word"])
def test_a_command_is_never_run(tmp_path: Path, vocab_class: type, where: str) -> None:
    traitor = tmp_path / "was run"
    evil = _RunsACommand(traitor)
    thing = {
        "whole": evil,
        "attribute": vocabulary(vocab_class, name=evil),
        "word": vocabulary(vocab_class, word2index={"a": evil}),
    }[where]
    with pytest.raises(UserError, match=r"vocab\.pkl: is no vocabulary as published, and was not opened .*system"):
        read_vocabulary_pickle(written(tmp_path / "vocab.pkl", thing))
    assert not traitor.exists()


@pytest.mark.parametrize(
    "asked", ["builtins.eval", "builtins.getattr", "numpy.load", "torch.load", "chironomy.errors.UserError", "os.path"]
)
def test_no_other_class_or_function_is_found(tmp_path: Path, asked: str) -> None:
    module, name = asked.rsplit(".", 1)
    path = tmp_path / "vocab.pkl"
    path.write_bytes(f"c{module}\n{name}\n(V1\ntR.".encode())
    with pytest.raises(UserError, match="it asks for"):
        read_vocabulary_pickle(path)


def test_shells_cannot_be_led_anywhere(tmp_path: Path) -> None:
    """Dotted names, which pickle would follow from one attribute to the next, are names like any other."""
    stream = io.BytesIO()
    stream.write(b"\x80\x04\x8c\x05numpy\x8c\x15ndarray.__init_subclass__\x93.")
    path = tmp_path / "vocab.pkl"
    path.write_bytes(stream.getvalue())
    with pytest.raises(UserError, match="was not opened"):
        read_vocabulary_pickle(path)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("memo of 4 GiB", b"\x80\x04Nr\xff\xff\xff\xff."),
        ("bytes of 1 TiB", b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b"x."),
        ("string of 1 TiB", b"\x80\x04\x8d" + (1 << 40).to_bytes(8, "little") + b"x."),
        ("no end", b"\x80\x04]"),
        ("nothing", b""),
        ("persistent object", b"\x80\x04PX\n."),
        ("extension", b"\x80\x04\x82\x01."),
    ],
)
def test_hostile_instructions_take_no_memory(tmp_path: Path, what: str, data: bytes) -> None:
    path = tmp_path / "vocab.pkl"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"vocab\.pkl: is no vocabulary"):
        read_vocabulary_pickle(path)


@pytest.mark.parametrize(
    "words", [{}, {"a": -1}, {"a": True}, {"a": 1.5}, {1: 1}, {"a": 1 << 40}, {"\ud800": 1}, ["a"], None]
)
def test_what_is_no_word_with_its_number_is_refused(tmp_path: Path, vocab_class: type, words: object) -> None:
    with pytest.raises(UserError, match=r"vocab\.pkl: (holds no words|numbers something)"):
        read_vocabulary_pickle(written(tmp_path / "vocab.pkl", vocabulary(vocab_class, word2index=words)))


def test_another_object_and_a_cut_off_file_are_refused(tmp_path: Path, vocab_class: type) -> None:
    with pytest.raises(UserError, match="holds no words"):
        read_vocabulary_pickle(written(tmp_path / "vocab.pkl", {"word2index": WORDS}))
    path = written(tmp_path / "vocab.pkl", {"word2index": WORDS})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="was not opened"):
        read_vocabulary_pickle(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"vocab\.pkl: cannot be read"):
        read_vocabulary_pickle(tmp_path / "vocab.pkl")

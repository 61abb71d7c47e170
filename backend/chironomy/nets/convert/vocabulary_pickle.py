"""The published vocabulary is a pickled object of the authors' class `Vocab`; only its words and numbers are read.

A pickle can call any function, so this one is read twice: first its instructions alone, without doing any, then by an
unpickler that knows that one class, and numpy's arrays, as empty shells which keep nothing that could be called.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..front_end.vocabulary import Vocabulary

_MOST_BYTES = 64 << 20
_MOST_WORDS = 1_000_000
_CLASS = "Vocab"
#: The vectors of the words lie in the same object; the checkpoint has those that were trained.
_ARRAYS = frozenset(
    (module, name)
    for module, names in (
        ("numpy", ("ndarray", "dtype")),
        ("numpy.core.multiarray", ("_reconstruct", "scalar")),
        ("numpy.core.numeric", ("_frombuffer",)),
        ("numpy._core.multiarray", ("_reconstruct", "scalar")),
        ("numpy._core.numeric", ("_frombuffer",)),
        ("_codecs", ("encode",)),
    )
    for name in names
)


class _Shell:
    """Takes whatever it is made from and keeps nothing."""

    def __new__(cls, *_: object) -> _Shell:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _state: object) -> None: ...


class _Words(_Shell):
    """The vocabulary: its attributes, unchecked."""

    state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name == _CLASS:
            return _Words
        if (module, name) in _ARRAYS:
            return _Shell
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_vocabulary_pickle(path: Path) -> Vocabulary:
    """Every word with its number. Raises UserError for anything but such a vocabulary; no code of the file is run."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise pickle.UnpicklingError(f"it is larger than {_MOST_BYTES >> 20} MiB")
        _check_instructions(data)
        vocabulary = _Unpickler(io.BytesIO(data)).load()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): check the path") from error
    except Exception as error:  # unpickling damaged data raises nearly anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{path}: is no vocabulary as published, and was not opened ({reason}): take the file that came with BEAT2"
        ) from error
    return Vocabulary(_numbers(path, vocabulary))


def _check_instructions(data: bytes) -> None:
    """Reads the pickle without doing what it says; raises where it is cut off or would take memory for nothing."""
    for count, (instruction, argument, _) in enumerate(pickletools.genops(data)):
        if instruction.name.endswith("PUT") and int(argument or 0) > count:
            raise pickle.UnpicklingError("its memo has holes")


def _numbers(path: Path, vocabulary: object) -> dict[str, int]:
    state = vocabulary.state if isinstance(vocabulary, _Words) else None
    numbers = state.get("word2index") if isinstance(state, dict) else None
    if not isinstance(numbers, dict) or not 0 < len(numbers) <= _MOST_WORDS:
        raise UserError(f"{path}: holds no words (word2index): take the file that came with BEAT2")
    for word, number in numbers.items():
        if not (_is_text(word) and type(number) is int and 0 <= number < _MOST_WORDS):
            raise UserError(f"{path}: numbers something that is no word: take the file that came with BEAT2")
    return numbers


def _is_text(word: object) -> bool:
    """A string that can be written to a file: without halves of surrogate pairs."""
    return isinstance(word, str) and not any("\ud800" <= letter <= "\udfff" for letter in word)

"""Reading a published checkpoint: PyTorch's zip with `{"model_state": {name: tensor}}`, as the authors' code writes it.

It is a pickle inside, so PyTorch's restricted unpickler reads it, which makes tensors and plain containers alone.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from ...errors import UserError

_MOST_BYTES = 8 << 30
_STATE = "model_state"


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors by name, left on disk until they are used. Raises UserError for anything but a whole checkpoint."""
    _check_archive(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path}: holds more than tensors, which could run code, and was not opened: "
            "take the checkpoint that the authors published"
        ) from error
    except Exception as error:  # what a damaged archive raises inside of PyTorch is not documented
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: is damaged ({reason}): download it again") from error
    state = content.get(_STATE) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise UserError(f'{path}: holds no "{_STATE}": take the checkpoint that the authors published')
    return state


def _check_archive(path: Path) -> None:
    """Whole, no larger when unpacked, and with the checksums that it was written with."""
    try:
        size = path.stat().st_size
        if not zipfile.is_zipfile(path):
            raise UserError(f"{path}: is cut off, or no checkpoint of PyTorch: download it again")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if size > _MOST_BYTES or unpacked > size or any(member.compress_type for member in members):
                raise UserError(f"{path}: is packed in another way than PyTorch does: take the checkpoint as published")
            # PyTorch looks at no checksum when it leaves tensors on disk
            wrong = archive.testzip()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): check the path") from error
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: is damaged ({error}): download it again") from error
    if wrong is not None:
        raise UserError(f"{path}: is damaged ({wrong} has another checksum): download it again")

"""Published checkpoints are read as data; whatever else a file may be, it is refused in one line."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from chironomy.errors import UserError
from chironomy.nets.convert.checkpoint import read_checkpoint


class _RunsACommand:
    """Unpickled without care, this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "best.bin"
    torch.save({"model_state": {"weight": torch.arange(10_000.0)}}, path)
    return path


def test_tensors_are_read_by_name(checkpoint: Path) -> None:
    assert torch.equal(read_checkpoint(checkpoint)["weight"], torch.arange(10_000.0))


def test_a_checkpoint_that_would_run_a_command_is_not_opened(tmp_path: Path) -> None:
    path, traitor = tmp_path / "evil.bin", tmp_path / "was run"
    torch.save({"model_state": {"weight": _RunsACommand(traitor)}}, path)
    with pytest.raises(UserError, match=r"evil\.bin: holds more than tensors"):
        read_checkpoint(path)
    assert not traitor.exists()


def test_a_plain_pickle_is_no_checkpoint(tmp_path: Path) -> None:
    path, traitor = tmp_path / "evil.bin", tmp_path / "was run"
    path.write_bytes(pickle.dumps(_RunsACommand(traitor)))
    with pytest.raises(UserError, match=r"evil\.bin: is cut off, or no checkpoint"):
        read_checkpoint(path)
    assert not traitor.exists()


def test_numbers_that_changed_on_the_way_are_noticed(checkpoint: Path) -> None:
    data = bytearray(checkpoint.read_bytes())
    place = data.find(torch.arange(5000.0, 5004.0).numpy().tobytes())
    data[place] ^= 1  # still a number
    checkpoint.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"best\.bin: is damaged \(.* has another checksum\)"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_checkpoint_that_was_cut_off_is_said(checkpoint: Path, share: float) -> None:
    data = checkpoint.read_bytes()
    checkpoint.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=r"best\.bin: is cut off"):
        read_checkpoint(checkpoint)


def test_a_damaged_checkpoint_is_said(checkpoint: Path) -> None:
    data = bytearray(checkpoint.read_bytes())
    data[50:200] = os.urandom(150)  # inside of the pickle
    checkpoint.write_bytes(data)
    with pytest.raises(UserError, match=r"best\.bin"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize("content", [{"weight": torch.zeros(1)}, {"model_state": [1, 2]}, [torch.zeros(1)]])
def test_another_layout_is_said(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.bin"
    torch.save(content, path)
    with pytest.raises(UserError, match='holds no "model_state"'):
        read_checkpoint(path)


def test_an_archive_that_unpacks_to_more_than_it_is_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.bin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\0" * 10_000_000)
    with pytest.raises(UserError, match="packed in another way"):
        read_checkpoint(path)


def test_a_missing_checkpoint_and_a_folder_are_said(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.bin", tmp_path):
        with pytest.raises(UserError, match=path.name):
            read_checkpoint(path)

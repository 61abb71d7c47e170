"""Files are whole or not there at all."""

import errno
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.formats.atomic import replacing
from chironomy.formats.npz import write_npz


def write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text)


def write_half(path: Path, error: BaseException) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_new_file_appears_and_an_old_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    write(path, "first")
    write(path, "second")
    assert path.read_text() == "second"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_has_the_same_ending_and_stands_on_the_same_disk(tmp_path: Path) -> None:
    with replacing(tmp_path / "take.fbx") as temporary:
        assert temporary.name == "take.fbx"
        assert tmp_path in temporary.parents
        temporary.write_text("x")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError])
def test_an_existing_file_stays_when_the_block_raises(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "take.npz"
    write(path, "old")
    with pytest.raises(error):
        write_half(path, error())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_one_line_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    write(path, "old")
    with pytest.raises(UserError, match=r"take\.npz") as error:
        write_half(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "No space left" in str(error.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_a_really_full_device_is_said(tmp_path: Path) -> None:
    def fill() -> None:
        with replacing(tmp_path / "x") as temporary:
            temporary.symlink_to("/dev/full")
            temporary.write_text("x" * 100_000)

    with pytest.raises(UserError, match="No space left"):
        fill()
    assert not list(tmp_path.iterdir())


@contextmanager
def no_file_larger_than(count: int) -> Iterator[None]:
    """Writing beyond so many bytes fails, as it does on a full disk."""
    resource = pytest.importorskip("resource", reason="needs file size limits (not on Windows)")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_archive_for_which_there_is_no_room_is_said_without_a_traceback_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    path = tmp_path / "take.npz"
    write(path, "old")
    arrays = {name: np.random.default_rng(1).random(20_000) for name in ("base", "semantic")}
    with no_file_larger_than(100_000), pytest.raises(UserError, match=r"take\.npz: cannot be written"):
        write_npz(path, arrays)
    gc.collect()
    assert not unraisable
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "missing" / "take.npz", "x")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "file" / "take.npz", "x")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UserError, match="cannot be written"):
            write(tmp_path / "take.npz", "x")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_in_the_place_of_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "take.npz").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "take.npz", "x")
    assert (tmp_path / "take.npz").is_dir()


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.npz", tmp_path / "link.npz"
    target.write_text("old")
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_link_to_nowhere_makes_the_file_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link.npz"
    link.symlink_to(tmp_path / "not yet.npz")
    write(link, "new")
    assert (tmp_path / "not yet.npz").read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such permissions")
def test_permissions_are_kept_and_new_files_get_the_usual_ones(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    write(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "new").chmod(0o640)
    write(tmp_path / "new", "y")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_a_block_that_writes_nothing_is_said_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    write(path, "old")
    with pytest.raises(UserError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_errors_about_other_files_are_not_blamed_on_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "take.npz"):
        (tmp_path / "recording.wav").read_bytes()


def test_names_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".npz")
    write(path, "x")
    assert path.read_text() == "x"

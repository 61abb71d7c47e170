"""Every file that a user may hand over by mistake: one clear line, exit status 1, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chironomy.cli.main import main

DEMO = Path(__file__).parents[2] / "presets" / "demo"
DEMO_SOUND, DEMO_TEXT = DEMO / "speech.flac", DEMO / "speech.txt"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line; gives its exit status and what it wrote to stderr."""

    def run_command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["chironomy", *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            main()
        return int(raised.value.code or 0), capsys.readouterr().err

    return run_command


def expect_one_clear_line(result: tuple[int, str], *named: str) -> None:
    status, message = result
    assert status == 1
    assert message.count("\n") == 1, message
    assert message.startswith("chironomy: ")
    assert "Traceback" not in message
    for part in named:
        assert part in message


def sound(path: Path, samples: np.ndarray, rate: int = 16000) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT" if path.suffix == ".wav" else None)
    return path


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, int(seconds * 16000))


def truncated_flac(path: Path) -> Path:
    path.write_bytes(DEMO_SOUND.read_bytes()[:60])
    return path


def bytes_file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


SOUNDS = {
    "missing": lambda folder: folder / "missing.wav",
    "empty": lambda folder: bytes_file(folder / "empty.wav", b""),
    "not sound": lambda folder: bytes_file(folder / "letter.mp3", b"Dear reader, " * 500),
    "cut off": lambda folder: truncated_flac(folder / "cut.flac"),
    "silent": lambda folder: sound(folder / "silent.wav", np.zeros(32000)),
    "too short": lambda folder: sound(folder / "short.wav", noise(0.2)),
    "not a number": lambda folder: sound(folder / "nan.wav", np.full(32000, np.nan)),
    "a folder": lambda folder: folder,
}


@pytest.mark.parametrize("kind", SOUNDS)
def test_sound_that_cannot_be_used(run, tmp_path: Path, kind: str):
    path = SOUNDS[kind](tmp_path)
    out = tmp_path / "out.npz"
    expect_one_clear_line(run("generate", path, "-t", DEMO_TEXT, "-o", out), path.name)
    assert not out.exists()


TRANSCRIPTS = {
    "missing": ("words.txt", None),
    "empty": ("words.txt", b""),
    "only punctuation": ("words.txt", b" ... ?! \n"),
    "another script": ("words.txt", "Всё будет хорошо".encode()),
    "overlapping intervals": (
        "words.TextGrid",
        b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"words"\n0\n2\n2\n'
        b'0\n1.5\n"one"\n1\n2\n"two"\n',
    ),
    "unsorted intervals": (
        "words.TextGrid",
        b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"words"\n0\n2\n2\n'
        b'1\n2\n"two"\n0\n1\n"one"\n',
    ),
    "broken JSON": ("words.json", b'{"words": ['),
    "JSON of something else": ("words.json", b'{"colour": "red"}'),
    "unknown ending": ("words.docx", b"PK\x03\x04"),
}


@pytest.mark.parametrize("kind", TRANSCRIPTS)
def test_transcripts_that_cannot_be_used(run, tmp_path: Path, kind: str):
    name, content = TRANSCRIPTS[kind]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.npz"
    expect_one_clear_line(run("generate", DEMO_SOUND, "-t", tmp_path / name, "-o", out), name)
    assert not out.exists()


def test_a_take_with_pickled_objects_is_refused(run, tmp_path: Path):
    path = tmp_path / "evil.npz"
    np.savez(path, base_rotations=np.array([object()], dtype=object))
    expect_one_clear_line(run("export", path, "-o", tmp_path / "out.bvh"), "evil.npz")


def test_a_bvh_with_nan_is_refused(run, tmp_path: Path):
    path = tmp_path / "nan.bvh"
    path.write_text(
        "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        "End Site\n{\nOFFSET 0 1 0\n}\n}\n"
        "MOTION\nFrames: 2\nFrame Time: 0.0333\n0 0 0\n0 nan 0\n"
    )
    expect_one_clear_line(run("export", path, "-o", tmp_path / "out.npz"), "nan.bvh")


def test_an_output_folder_that_does_not_exist(run, tmp_path: Path):
    out = tmp_path / "nowhere" / "out.npz"
    expect_one_clear_line(run("generate", DEMO_SOUND, "-t", DEMO_TEXT, "-o", out), "nowhere")


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write everywhere")
def test_an_output_folder_that_cannot_be_written(run, tmp_path: Path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    expect_one_clear_line(run("generate", DEMO_SOUND, "-t", DEMO_TEXT, "-o", folder / "out.npz"), "locked")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_existing_file_alone(run, tmp_path: Path, monkeypatch):
    out = tmp_path / "words.json"
    out.write_text("mine")
    real_open = Path.open

    def open_on_a_full_disk(self: Path, mode: str = "r", *arguments, **options):
        target = Path("/dev/full") if "w" in mode and self.name == out.name else self
        return real_open(target, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_on_a_full_disk)
    expect_one_clear_line(run("align", DEMO_SOUND, "-t", DEMO_TEXT, "-o", out), "words.json")
    assert out.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["words.json"]


def test_an_ending_that_nobody_writes_is_wrong_use(run, tmp_path: Path):
    status, message = run("generate", DEMO_SOUND, "-t", DEMO_TEXT, "-o", tmp_path / "out.docx")
    assert status == 2
    assert ".docx" in message


def test_no_transcript_at_all_is_wrong_use(run, tmp_path: Path):
    status, message = run("generate", DEMO_SOUND, "-o", tmp_path / "out.npz")
    assert status == 2
    assert "--transcript" in message


def test_a_word_that_is_not_spoken_is_named(run, tmp_path: Path):
    out = tmp_path / "out.npz"
    status, message = run("generate", DEMO_SOUND, "-t", DEMO_TEXT, "--emphasis", "nevr=1", "-o", out)
    assert status == 2
    assert '"never"' in message


@pytest.mark.parametrize(("option", "value"), [("--profile", "nope"), ("--style", "wild"), ("--generator", "magic")])
def test_names_that_do_not_exist_are_answered_with_those_that_do(run, tmp_path: Path, option: str, value: str):
    out = tmp_path / "out.npz"
    status, message = run("generate", DEMO_SOUND, "-t", DEMO_TEXT, option, value, "-o", out)
    assert status == 2
    assert value in message
    assert "one of" in message


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_being_ended_cleans_up_and_says_so(tmp_path: Path):
    sound_file = sound(tmp_path / "long.wav", np.tile(soundfile.read(DEMO_SOUND)[0], 20))
    text = " ".join([DEMO_TEXT.read_text()] * 20)
    out = tmp_path / "out" / "take.npz"
    out.parent.mkdir()
    command = [sys.executable, "-m", "chironomy.cli.main", "generate", sound_file, "--text", text, "-o", out]
    running = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    running.terminate()
    _, message = running.communicate(timeout=30)
    assert running.returncode == 130
    assert message.splitlines()[-1].startswith("chironomy: cancelled")
    assert list(out.parent.iterdir()) == []

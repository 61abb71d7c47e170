"""The command line on the bundled recording, from end to end, without Blender."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chironomy.cli.main import app, main
from chironomy.formats.smplx_npz import read_smplx
from chironomy.formats.take import read_take
from chironomy.motion import rotations as rot

DEMO = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"


def chironomy(*arguments: object) -> None:
    app(list(map(str, arguments)), standalone_mode=False)


def generate(*arguments: object) -> None:
    """By rules: what networks with weights make has tests of its own."""
    chironomy("generate", DEMO, "--generator", "rhythm", *arguments)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's take and its companions."""
    folder = tmp_path_factory.mktemp("made")
    outputs = [f"-o{folder / name}" for name in ("take.npz", "take.bvh", "take.smplx.npz")]
    generate("--transcript", DEMO.with_suffix(".txt"), *outputs)
    return folder


def test_the_take_is_as_long_as_the_recording_and_knows_its_words(made: Path):
    take = read_take(made / "take.npz")
    assert take.frames == int(np.ceil(14.133 * 30)) == 424
    texts = [entry.word.text for entry in take.metadata.words]
    assert texts == [word.strip(".,:?") for word in DEMO.with_suffix(".txt").read_text().split()]
    assert take.metadata.sources[-1].startswith("speech.flac sha256:")


def test_the_same_request_gives_the_same_bytes(made: Path, tmp_path: Path):
    again = tmp_path / "again.npz"
    generate("-t", DEMO.with_suffix(".txt"), "-o", again)
    assert again.read_bytes() == (made / "take.npz").read_bytes()


def test_another_seed_gives_another_take(made: Path, tmp_path: Path):
    generate("-t", DEMO.with_suffix(".txt"), "--seed", 2, "-o", tmp_path / "two.npz")
    one, two = read_take(made / "take.npz"), read_take(tmp_path / "two.npz")
    apart = rot.angle(rot.multiply(rot.inverse(one.base_rotations), two.base_rotations))
    assert np.degrees(apart.max(axis=(0, 1))) > 20


def test_a_slider_changes_the_motion_around_its_word_alone(made: Path, tmp_path: Path):
    path = tmp_path / "quiet.smplx.npz"
    chironomy("export", made / "take.npz", "--emphasis", "never=0", "-o", path)
    before, after = read_smplx(made / "take.smplx.npz"), read_smplx(path)
    never = next(entry for entry in read_take(made / "take.npz").metadata.words if entry.word.text == "never")
    changed = np.flatnonzero(np.abs(before.rotations - after.rotations).max(axis=(1, 2)) > 0) / 30
    assert len(changed) > 5
    assert changed.min() >= never.window.preparation_s
    assert changed.max() <= never.window.retraction_s + 1 / 30


def test_sliders_given_to_generate_are_remembered_by_the_take(made: Path, tmp_path: Path):
    take, first, second = tmp_path / "take.npz", tmp_path / "first.bvh", tmp_path / "second.bvh"
    generate("-t", DEMO.with_suffix(".txt"), "--emphasis", "never=1.7", "-o", take, "-o", first)
    chironomy("export", take, "-o", second)
    assert first.read_bytes() == second.read_bytes() != (made / "take.bvh").read_bytes()


def test_a_bvh_made_here_comes_back_as_the_same_motion(made: Path, tmp_path: Path):
    chironomy("export", made / "take.bvh", "-o", tmp_path / "back.smplx.npz")
    there, back = read_smplx(made / "take.smplx.npz"), read_smplx(tmp_path / "back.smplx.npz")
    assert there.rotations.shape == back.rotations.shape
    apart = rot.angle(rot.multiply(rot.inverse(there.rotations), back.rotations))
    assert np.degrees(np.median(apart)) < 1


def test_files_at_another_frame_rate_keep_their_length(made: Path, tmp_path: Path):
    chironomy("export", made / "take.npz", "--fps", 60, "-o", tmp_path / "take60.npz")
    take = read_take(tmp_path / "take60.npz")
    assert take.metadata.fps == 60
    assert take.duration_s == pytest.approx(read_take(made / "take.npz").duration_s, abs=1 / 30)


def test_export_reports_the_frames_and_rate_that_it_wrote(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    capsys.readouterr()
    chironomy("export", made / "take.npz", "--fps", 60, "-o", tmp_path / "take60.npz", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["fps"], report["frames"]) == (60, read_take(tmp_path / "take60.npz").frames)


def test_a_chosen_gesture_class_is_performed(tmp_path: Path):
    path = tmp_path / "take.npz"
    generate("-t", DEMO.with_suffix(".txt"), "--gesture", "easy=big,never=none", "-o", path)
    classes = {entry.word.text: entry.gesture_class for entry in read_take(path).metadata.words}
    assert classes["easy"] == "big"
    assert classes["never"] == ""


@pytest.mark.parametrize("ending", [".TextGrid", ".srt", ".vtt", ".json"])
def test_words_and_times_can_be_written_and_read_again(tmp_path: Path, ending: str):
    words, take = tmp_path / f"words{ending}", tmp_path / "take.npz"
    chironomy("align", DEMO, "-t", DEMO.with_suffix(".txt"), "-o", words)
    generate("-t", words, "-o", take)
    assert len(read_take(take).metadata.words) == len(DEMO.with_suffix(".txt").read_text().split())


def test_json_is_one_object_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "take.npz"
    generate("-t", DEMO.with_suffix(".txt"), "-o", out, "--json")
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["outputs"] == [str(out)]
    assert report["words"] == 47
    assert printed.err == ""


def test_inspect_shows_words_scores_and_figures(made: Path, capsys: pytest.CaptureFixture[str]):
    chironomy("inspect", made / "take.npz", "--json")
    facts = json.loads(capsys.readouterr().out)
    never = next(word for word in facts["words"] if word["word"] == "never")
    assert never["class"] == "negation"
    assert never["score"] > 0.5
    assert facts["statistics"]
    chironomy("inspect", made / "take.npz")
    assert "negation" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from chironomy.cli.main import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'scipy', 'bpy', 'transformers', 'pocketsphinx', 'soundfile'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_wrong_use_exits_with_two(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["chironomy", "generate"])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 2

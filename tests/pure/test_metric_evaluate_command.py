"""`chironomy evaluate`: takes beside references of every kind, and what is wrong use."""

import json
import sys
from functools import cache, partial

import numpy as np
import pytest
import soundfile
from spoken_lines import LINE, perform

from chironomy.cli.main import main
from chironomy.emphasis.fuse import fused_take
from chironomy.evaluation.animator import METRICS
from chironomy.formats.bvh_writer import write_bvh
from chironomy.formats.take import as_stored, write_take
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.rotations import to_six_d
from chironomy.nets import motion_features
from chironomy.training.corpus_format import FIELDS, CorpusFacts
from chironomy.training.shards import CorpusWriter


@cache
def take(seed: int = 1):
    return as_stored(perform(LINE, seed=seed))


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line; gives its exit status and what it printed to stdout and stderr."""

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chironomy", "evaluate", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, *capsys.readouterr()

    return run_command


@pytest.fixture
def two_takes(tmp_path):
    paths = [tmp_path / "line.npz", tmp_path / "line-2.npz"]
    for path, seed in zip(paths, (1, 2), strict=True):
        write_take(path, take(seed))
    return paths


def write_corpus(folder, splits=("test",)) -> None:
    """The first take's motion as a recording of each split; the one for testing has the take's name."""
    shown = take()
    frames = shown.frames
    arrays = {
        "rotations": to_six_d(fused_take(shown)[0]).astype(np.float32),
        "translation": shown.translation.astype(np.float32),
        "contacts": shown.contacts.astype(np.float32),
        "face": shown.face.astype(np.float32),
        "rhythm": np.zeros((frames, 2), dtype=np.float32),
        "semantic_score": np.where(shown.emphasis > 0.6, 0.5, 0.0).astype(np.float32),
    }
    assert {name for name, spec in FIELDS.items() if spec.required} <= set(arrays)
    writer = CorpusWriter(folder, CorpusFacts(name="lines"))
    for split in splits:
        words = [entry.word for entry in shown.metadata.words]
        writer.add("line" if split == "test" else split, split, arrays, words=words)
    writer.close()


def figures(run, *arguments: object) -> dict:
    status, out, err = run(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def test_takes_are_measured_with_all_that_an_animator_would_notice(run, two_takes) -> None:
    shown = figures(run, *two_takes)
    assert shown["takes"] == ["line", "line-2"]
    assert {metric.name for metric in METRICS} <= set(shown["figures"])
    assert shown["figures"]["foot sliding, worst contact"]["value"] < 1
    assert shown["figures"]["hands over 10 cm apart between seeds"]["value"] > 20
    assert shown["figures"]["words given a gesture"]["reference"] is None


def test_a_table_for_people_has_units_and_the_reference_beside(run, two_takes, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    status, out, _ = run(*two_takes, "--reference", two_takes[0])
    assert status == 0
    assert "reference" in out.splitlines()[0]
    [line] = [line for line in out.splitlines() if "faster hand, median speed" in line]
    assert line.endswith("m/s") or line.rstrip().endswith("m/s")
    assert "nan" not in out


def test_a_bvh_is_measured_as_the_motion_that_it_holds(run, two_takes, tmp_path) -> None:
    rotations, translation, *_ = fused_take(take())
    write_bvh(tmp_path / "line.bvh", rotations, translation, neutral_body(), 30.0)
    both = figures(run, two_takes[0], "--reference", tmp_path / "line.bvh")["figures"]
    for name in (
        "faster hand, median speed",
        "wrist jerk, median",
        "hands above the hip joints, median",
        "L1 diversity",
    ):
        assert both[name]["value"] == pytest.approx(both[name]["reference"], rel=0.02), name


def test_a_take_beside_its_own_recording_in_a_corpus_is_right(run, two_takes, tmp_path) -> None:
    write_corpus(tmp_path / "corpus")
    shown = figures(run, two_takes[0], "--reference", tmp_path / "corpus")
    rows = {name: row["value"] for name, row in shown["figures"].items()}
    assert shown["reference"] == ["line"]
    assert rows["face MSE"] == pytest.approx(0, abs=1e-9)
    assert rows["SRGR within 10 cm"] == 1
    assert rows["stroke extent against the plan, median"] == pytest.approx(1, abs=1e-3)
    assert rows["strokes under 0.7 of the plan"] == 0
    assert rows["psi, area under the ROC curve"] == 1


def test_a_feature_network_is_learned_and_measures_the_distance(run, two_takes, tmp_path, monkeypatch) -> None:
    quickly = partial(motion_features.learn_motion_features, steps=5)
    monkeypatch.setattr(motion_features, "learn_motion_features", quickly)
    write_corpus(tmp_path / "corpus", ("train", "test"))
    net = tmp_path / "net.safetensors"
    status, out, _ = run("--train-fgd", tmp_path / "corpus", "-o", net)
    assert (status, out.strip()) == (0, str(net))
    shown = figures(run, two_takes[0], "--reference", tmp_path / "corpus", "--fgd-net", net)
    row = shown["figures"]["FGD; reference: between its halves"]
    assert row["value"] == pytest.approx(0, abs=1e-3)
    assert row["reference"] > 0
    assert "latents" in shown["notices"][0]


def test_the_recipe_decides_how_beats_are_counted(run, two_takes, tmp_path) -> None:
    sound = tmp_path / "line.wav"
    random = np.random.default_rng(1)
    clicks = np.repeat(random.uniform(0, 1, round(take().duration_s * 4)) > 0.5, 4000)
    soundfile.write(sound, 0.2 * clicks * random.normal(0, 1, len(clicks)), 16_000)
    values = {
        recipe: figures(run, two_takes[0], "--audio", sound, "--recipe", recipe)["figures"]["beat consistency"]["value"]
        for recipe in ("corrected", "published", "emage_evaltools", "semges")
    }
    assert all(0 < value <= 1 for value in values.values()), values
    assert len(set(values.values())) == 4


def test_expressions_of_smplx_files_are_compared(run, tmp_path) -> None:
    rotations = rot.identity((40, 55))
    for name, value in (("a", 0.0), ("b", 0.5)):
        (tmp_path / name).mkdir()
        poses = rot.log(rotations).reshape(40, -1)
        np.savez(
            tmp_path / name / "clip.npz", poses=poses, trans=np.zeros((40, 3)), betas=np.zeros(300),
            expressions=np.full((40, 100), value), gender="neutral", mocap_frame_rate=30,
        )  # fmt: skip
    shown = figures(run, tmp_path / "a" / "clip.npz", "--reference", tmp_path / "b")
    assert shown["figures"]["face MSE"]["value"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the takes"),
        (["x.npz", "--recipe", "best"], "is no recipe"),
        (["x.npz", "--fgd-net", "net.safetensors"], "--reference"),
        (["x.npz", "--audio", "a.wav", "--audio", "b.wav"], "2 were given"),
        (["--train-fgd", "folder"], "--output"),
        (["--model", "folder"], "name the one corpus"),
        (["corpus", "--model", "folder"], "--data"),
        (["--train-fgd", "folder", "-o", "net.bin"], "safetensors"),
    ],
)
def test_wrong_use_says_what_is_wrong(run, arguments, said) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert said in err


def test_files_that_are_no_motion_are_named(run, tmp_path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"no motion")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "bad.npz", tmp_path / "empty", tmp_path / "missing.bvh"):
        status, _, err = run(path)
        assert status == 1
        assert err.count("\n") == 1
        assert path.name in err

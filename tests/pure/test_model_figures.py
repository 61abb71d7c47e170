"""Figures of a trained model beside what they should be: `chironomy evaluate --model`."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from spoken_lines import perform

from chironomy.cli.evaluate_model import document_of
from chironomy.errors import UserError
from chironomy.evaluation.subject import Subject
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.nets.model_card import read_figures
from chironomy.pipeline.model_figures.distance import _samples
from chironomy.pipeline.model_figures.rebuilt_rows import rebuilt, rebuilt_rows
from chironomy.pipeline.model_figures.report import complete_model
from chironomy.pipeline.model_figures.rows import Row, Target, for_card, verdict
from chironomy.training.rebuilding import config_of, read_rvqs

MODEL = Path(__file__).parents[2] / "models" / "chironomy-s"


def spoken(frames: int = 150) -> Subject:
    take = perform()
    return Subject("line", take.semantic_rotations[:frames], take.translation[:frames], neutral_body())


@pytest.mark.parametrize(
    ("target", "value", "holds"),
    [
        (Target(high=5), 5.0, True),
        (Target(high=5), 5.1, False),
        (Target(0.9, 1.1), 0.89, False),
        (Target(low=0.9), 0.95, True),
        (Target(high=5), math.nan, False),
        (None, 3.0, None),
    ],
)
def test_a_figure_holds_within_its_target_and_one_that_was_not_measured_never_does(target, value, holds) -> None:
    assert Row("figure", "", target, value).holds is holds


def test_the_verdict_names_what_does_not_hold() -> None:
    rows = [
        Row("extent", "", Target(0.9, 1.1), 1.0),
        Row("wrist", "cm", Target(high=5), 7.0),
        Row("jerk", "", None, 3.0),
    ]
    assert verdict(rows) == "1 of 2 lines hold; not: wrist."
    assert verdict(rows[:1]) == "1 of 1 lines hold."


@pytest.mark.parametrize(
    "seconds", [[5], [300, 300], [10, 590], [590, 10], [400, 500, 350, 600, 550], [7] * 500, [3000, 5, 5, 5]]
)
def test_fgd_is_measured_on_samples_that_hold_every_take_once(seconds) -> None:
    performed = [SimpleNamespace(take=SimpleNamespace(frames=30 * s)) for s in seconds]
    samples = list(_samples(performed))
    assert [one for some in samples for one in some] == performed
    assert all(samples)
    assert len(samples) >= min(2, len(seconds))


def test_samples_for_fgd_are_about_ten_minutes_long() -> None:
    samples = list(_samples([SimpleNamespace(take=SimpleNamespace(frames=30 * 8)) for _ in range(300)]))
    assert [sum(one.take.frames for one in some) / 1800 for some in samples] == [10.0] * 4


def test_judged_figures_go_on_the_card_with_what_they_should_be() -> None:
    table = for_card([Row("wrist", "cm", Target(high=5), 7.04, math.nan, digits=1), Row("jerk", "", None, 3)], "today")
    assert list(table.figures) == ["wrist (≤ 5)"]
    assert (table.figures["wrist (≤ 5)"].value, table.figures["wrist (≤ 5)"].reference) == (7.0, None)


def test_a_motion_comes_back_from_the_shipped_networks_nearly_as_it_was_and_in_whole_tokens() -> None:
    recorded = spoken(frames=150)
    back = rebuilt(recorded, read_rvqs(MODEL), config_of(MODEL))
    assert back.frames == 148
    apart_deg = np.degrees(rot.angle(rot.multiply(rot.inverse(recorded.rotations[:148]), back.rotations)))
    assert 0 < apart_deg.mean() < 3


def test_joints_without_a_network_stay_as_recorded() -> None:
    recorded, networks, config = spoken(frames=64), read_rvqs(MODEL), config_of(MODEL)
    back = rebuilt(recorded, {"hands": networks["hands"]}, config)
    same = [j for j in range(55) if j not in config.parts["hands"].joint_numbers]
    assert np.allclose(np.abs((back.rotations[:, same] * recorded.rotations[:, same]).sum(-1)), 1, atol=1e-6)


def test_reconstructions_are_judged_beside_gestures_never_seen_and_a_real_speaker() -> None:
    rows = rebuilt_rows(MODEL, [spoken()], [spoken()], [])
    assert {row.name for row in rows} >= {"speed of idle hands against the recorded"}
    assert all(row.holds is not None and math.isnan(row.real) for row in rows)


def test_folders_that_are_no_model_are_named(tmp_path: Path) -> None:
    assert complete_model(tmp_path) is None
    assert complete_model(MODEL) == MODEL
    with pytest.raises(UserError, match="neither a model nor a run"):
        config_of(tmp_path)


def test_what_the_command_prints_as_json_a_card_can_read(tmp_path: Path) -> None:
    rows = [Row("wrist", "cm", Target(high=5), 7.0, 6.0), Row("beats", "", None, math.nan)]
    document = document_of(MODEL, Path("corpus"), rows)
    (tmp_path / "figures.json").write_text(json.dumps(document), encoding="utf-8")
    assert read_figures(tmp_path / "figures.json", "today").figures["wrist"].value == 7.0
    assert document["targets"] == {"wrist": {"target": "≤ 5", "holds": False}}

"""Is the rhythm generator as lively as a real speaker, and as quick as promised?"""

import time
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from spoken_lines import LINE, PLAIN_LINE, request

from chironomy.emphasis.fuse import fused_take
from chironomy.formats.bvh_reader import read_bvh
from chironomy.formats.rig_map import read_rig_maps, retarget_clip
from chironomy.generators.rhythm import RhythmGenerator
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.measure import WRISTS, jerk, speed
from chironomy.presets import presets_folder

MONOLOGUE = Path(__file__).parents[3] / "shared" / "data" / "reference" / "real_monologue_067.bvh"
#: ZeroEGGS 067 on the neutral body: m/s of the faster wrist, m/s³ of both.
RECORDED_FIGURES = {"median speed": 0.502, "95th percentile of speed": 1.903, "median jerk": 47.1}
BODY = neutral_body()


def figures(rotations: np.ndarray, translation: np.ndarray) -> dict[str, float]:
    wrists = forward(rotations, translation, BODY.rest_joints)[0][:, list(WRISTS)]
    faster = speed(wrists, 30.0).max(axis=1)
    return {
        "median speed": float(np.median(faster)),
        "95th percentile of speed": float(np.percentile(faster, 95)),
        "median jerk": float(np.median(jerk(wrists, 30.0))),
    }


@cache
def of_the_monologue() -> dict[str, float]:
    if not MONOLOGUE.is_file():
        return RECORDED_FIGURES
    motion = retarget_clip(read_bvh(MONOLOGUE), read_rig_maps(presets_folder() / "rig_maps"), BODY)
    return figures(motion.rotations, motion.translation)


@pytest.mark.skipif(not MONOLOGUE.is_file(), reason="the real monologue is not beside this repository")
def test_recorded_figures_are_those_of_the_monologue():
    assert of_the_monologue() == pytest.approx(RECORDED_FIGURES, rel=0.05)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("text", [LINE, PLAIN_LINE], ids=["with gestures", "plain"])
def test_hands_move_like_those_of_a_real_speaker(text, seed):
    take = RhythmGenerator().generate(request(text, seed=seed))
    ours = figures(fused_take(take)[0], take.translation)
    for name, theirs in of_the_monologue().items():
        assert theirs / 2 < ours[name] < theirs * 2, name


@pytest.mark.slow
def test_time_and_memory_grow_with_the_length_of_the_take_and_no_faster():
    def cost(lines: int) -> tuple[float, float]:
        asked = request(" ".join([LINE] * lines))
        started = time.process_time()
        RhythmGenerator().generate(asked)
        seconds = time.process_time() - started
        tracemalloc.start()
        RhythmGenerator().generate(asked)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return seconds / asked.speech.duration_s, peak / asked.speech.duration_s

    cost(1)
    short, long = cost(2), cost(10)
    assert long[0] < 1.5 * short[0]
    assert long[1] < 1.5 * short[1]

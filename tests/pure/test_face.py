"""The face: mouths that say what is said, eyes that live."""

import time

import numpy as np
import pytest

from chironomy.face.animate import FaceTrack, animate_face
from chironomy.face.eyes import blink_times
from chironomy.face.joints import JAW_OPEN_RAD, LOOK_SIDE_RAD
from chironomy.formats.words import Phone, Word
from chironomy.motion import rotations as rot
from chironomy.motion.arkit import SHAPE_INDEX
from chironomy.presets import load_preset
from chironomy.speech.types import FPS, Alignment, Rhythm, Speech

# Phones and ends in seconds as flite's voice slt speaks them:
# "Where do you want me to put the big blue box? My people never bought five of them, but you should."
SENTENCE = (
    "pau:0.224 w:0.260 eh:0.314 r:0.381 d:0.435 uw:0.569 y:0.663 uw:0.768 w:0.835 aa:0.935 n:0.971 t:0.991 m:1.022 "
    "iy:1.086 t:1.143 ax:1.166 p:1.279 uh:1.334 t:1.398 dh:1.446 ax:1.481 b:1.534 ih:1.616 g:1.741 b:1.804 l:1.844 "
    "uw:1.878 b:1.949 aa:2.128 k:2.213 s:2.390 pau:2.496 m:2.547 ay:2.699 p:2.844 iy:2.936 p:3.039 ax:3.084 l:3.171 "
    "n:3.223 eh:3.332 v:3.392 er:3.460 b:3.548 aa:3.709 t:3.743 f:3.827 ay:3.961 v:4.008 ah:4.033 v:4.102 dh:4.159 "
    "eh:4.222 m:4.308 pau:4.411 b:4.457 ah:4.520 t:4.570 y:4.686 uw:4.734 sh:4.854 uh:4.914 d:5.025 pau:5.220"
)


def phones(text: str = SENTENCE) -> list[Phone]:
    out, start = [], 0.0
    for entry in text.split():
        label, end = entry.split(":")
        out.append(Phone(label, start, float(end)))
        start = float(end)
    return out


def speech_of(words: list[Word], duration_s: float, prominence: float = 0.3) -> Speech:
    frames = int(np.ceil(duration_s * FPS))
    rhythm = Rhythm(
        loudness=np.full(frames, 0.7),
        onset=np.zeros(frames),
        pitch_hz=np.full(frames, 150.0),
        voicing=np.ones(frames),
        prominence=(prominence,) * len(words),
        nuclei_s=tuple((word.start_s + word.end_s) / 2 for word in words),
    )
    return Speech(duration_s, Alignment(tuple(words), 1.0), rhythm)


def spoken(text: str = SENTENCE, repeat: int = 1) -> Speech:
    """Every stretch between pauses as one word."""
    all_phones = phones(text)
    length = all_phones[-1].end_s
    words, current = [], []
    for k in range(repeat):
        for phone in all_phones:
            moved = Phone(phone.label, phone.start_s + k * length, phone.end_s + k * length)
            if moved.label == "pau":
                if current:
                    words.append(Word("x", current[0].start_s, current[-1].end_s, tuple(current), ","))
                current = []
            else:
                current.append(moved)
    return speech_of(words, length * repeat)


def single_phone(label: str, seconds: float = 0.2) -> FaceTrack:
    word = Word("x", 1.0, 1.0 + seconds, (Phone(label, 1.0, 1.0 + seconds),))
    return animate_face(speech_of([word], 2.5), 75, 30.0, seed=1)


def shape(track: FaceTrack, name: str) -> np.ndarray:
    return track.shapes[:, SHAPE_INDEX[name]]


def gap(track: FaceTrack) -> np.ndarray:
    """How far the lips are apart, as ARKit has it."""
    return shape(track, "jawOpen") - shape(track, "mouthClose")


def at(seconds: float, fps: float = 30.0) -> int:
    return round(seconds * fps)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_lips_are_closed_in_the_middle_of_every_p_b_and_m(fps: float) -> None:
    speech = spoken()
    track = animate_face(speech, int(np.ceil(speech.duration_s * fps)), fps, seed=1)
    checked = 0
    for phone in phones():
        if phone.label in ("p", "b", "m") and phone.end_s - phone.start_s >= 0.03:
            frame = at((phone.start_s + phone.end_s) / 2, fps)
            assert gap(track)[frame] < 0.005, phone
            assert shape(track, "mouthLowerDownLeft")[frame] < 0.01
            checked += 1
    assert checked >= 9
    assert gap(track).max() > 0.25  # and it does open in between


def test_lip_meets_teeth_on_f_and_v_only() -> None:
    assert shape(single_phone("V"), "mouthRollLower").max() > 0.4
    assert shape(single_phone("F"), "mouthRollLower").max() > 0.4
    assert shape(single_phone("S"), "mouthRollLower").max() < 0.05


def test_jaw_opens_most_on_open_vowels() -> None:
    opening = {label: shape(single_phone(label), "jawOpen").max() for label in ("AA1", "AE1", "EH1", "IY1", "S", "M")}
    assert opening["AA1"] > opening["EH1"] > opening["IY1"]
    assert opening["AE1"] > 2 * opening["IY1"]
    assert max(opening["S"], opening["M"]) < 0.12


def test_stressed_vowels_open_wider() -> None:
    assert shape(single_phone("AH1"), "jawOpen").max() > 1.2 * shape(single_phone("AH0"), "jawOpen").max()


def test_lips_round_before_a_rounded_vowel_begins() -> None:
    word = Word("too", 1.0, 1.3, (Phone("T", 1.0, 1.1), Phone("UW", 1.1, 1.3)))
    track = animate_face(speech_of([word], 2.5), 75, 30.0, seed=1)
    assert shape(track, "mouthPucker")[at(1.05)] > 0.15
    assert shape(track, "mouthPucker").argmax() in range(at(1.1), at(1.3) + 1)


def test_spread_and_round_vowels_look_different() -> None:
    assert shape(single_phone("IY1"), "mouthStretchLeft").max() > 0.15
    assert shape(single_phone("UW1"), "mouthStretchLeft").max() < 0.03
    assert shape(single_phone("IY1"), "mouthPucker").max() < 0.03


def test_a_diphthong_moves_from_one_vowel_to_the_other() -> None:
    track = single_phone("AY1", 0.3)
    jaw, spread = shape(track, "jawOpen"), shape(track, "mouthStretchLeft")
    assert jaw.argmax() < spread.argmax()


def test_short_phones_undershoot() -> None:
    def jaw(seconds: float) -> float:
        run = [Phone(label, 1.0 + k * seconds, 1.0 + (k + 1) * seconds) for k, label in enumerate(("S", "AA", "S"))]
        word = Word("x", 1.0, run[-1].end_s, tuple(run))
        return float(shape(animate_face(speech_of([word], 2.5), 75, 30.0, seed=1), "jawOpen").max())

    assert jaw(0.05) < 0.75 * jaw(0.2)


def test_silence_keeps_the_mouth_closed() -> None:
    track = animate_face(speech_of([], 10.0), 300, 30.0, seed=3)
    for name in ("jawOpen", "mouthClose", "mouthPucker", "mouthFunnel", "mouthLowerDownLeft", "tongueOut"):
        assert shape(track, name).max() < 1e-6, name
    assert shape(track, "eyeBlinkLeft").max() > 0.9  # but the face lives


def test_the_mouth_rests_in_pauses_and_opens_for_a_breath_before_the_next_phrase() -> None:
    words = [Word("no", 0.5, 0.8, (Phone("N", 0.5, 0.6), Phone("OW", 0.6, 0.8)))]
    words.append(Word("no", 3.0, 3.3, (Phone("N", 3.0, 3.1), Phone("OW", 3.1, 3.3))))
    track = animate_face(speech_of(words, 5.0), 150, 30.0, seed=1)
    assert gap(track)[at(1.2) : at(2.4)].max() < 0.005
    assert 0.04 < gap(track)[at(2.8)] < 0.2
    assert gap(track)[at(4.0) :].max() < 0.005


def test_curves_are_smooth() -> None:
    speech = spoken(repeat=3)
    track = animate_face(speech, int(np.ceil(speech.duration_s * 60)), 60.0, seed=1)
    acceleration = np.abs(np.diff(track.shapes, 2, axis=0))
    mouth = [k for name, k in SHAPE_INDEX.items() if name.startswith(("jaw", "mouth", "brow", "cheek"))]
    assert acceleration[:, mouth].max() < 0.2  # per frame²; a shape that jumps from 0 to 0.45 has 0.45
    assert acceleration[:, SHAPE_INDEX["jawOpen"]].max() < 0.03


@pytest.mark.parametrize("seed", range(5))
def test_everything_stays_in_range(seed: int) -> None:
    track = animate_face(spoken(), 157, 30.0, seed)
    assert track.shapes.shape == (157, 52)
    assert track.shapes.min() >= 0.0
    assert track.shapes.max() <= 1.0


@pytest.mark.parametrize("seed", range(20))
def test_blinks_come_two_to_eight_seconds_apart_and_at_phrase_ends(seed: int) -> None:
    ends = np.cumsum(np.random.default_rng(seed).uniform(1.0, 6.0, 60))
    times = blink_times(ends, 180.0, seed, load_preset("face")["blinks"])
    apart = np.diff(times)
    assert len(times) > 25
    assert apart.min() >= 2.0
    assert apart.max() <= 8.0
    near = [np.abs(ends - time).min() < 0.2 for time in times]
    assert np.mean(near) > 0.3  # by chance it would be about one in ten


def test_a_blink_closes_both_eyes_quickly_and_opens_them_slower() -> None:
    track = animate_face(speech_of([], 30.0), 30 * 120, 120.0, seed=2)
    left, right = shape(track, "eyeBlinkLeft"), shape(track, "eyeBlinkRight")
    np.testing.assert_array_equal(left, right)
    moving = left > 1e-6
    starts, stops = np.flatnonzero(np.diff(moving.astype(int)) == 1), np.flatnonzero(np.diff(moving.astype(int)) == -1)
    for start, stop in zip(starts, stops, strict=False):
        assert 0.15 <= (stop - start) / 120 <= 0.25
        shut = start + np.flatnonzero(left[start:stop] > 0.999)
        assert shut[0] - start < stop - shut[-1]


def test_brows_rise_on_prominent_words_and_questions() -> None:
    words = [Word("what", 2.0, 2.4), Word("now", 6.0, 6.4, punctuation="?")]
    calm = speech_of(words, 10.0, prominence=0.1)
    brow = shape(animate_face(calm, 300, 30.0, seed=1), "browOuterUpLeft")
    assert brow[at(6.2)] > 0.2
    stressed = speech_of([Word("never", 1.0 + 3 * k, 1.3 + 3 * k) for k in range(10)], 32.0)
    levels = tuple(0.95 if k % 2 else 0.1 for k in range(10))
    stressed = Speech(32.0, stressed.alignment, Rhythm(**{**vars(stressed.rhythm), "prominence": levels}))
    brow = shape(animate_face(stressed, 960, 30.0, seed=1), "browOuterUpLeft")
    raised = [brow[at(1.0 + 3 * k)] > 0.1 for k in range(10)]
    assert sum(raised[1::2]) >= 3
    assert not any(raised[0::2])


def test_gaze_rests_and_jumps() -> None:
    track = animate_face(speech_of([], 60.0), 1800, 30.0, seed=1)
    forward = rot.rotate(track.left_eye, np.array([0.0, 0.0, 1.0]))
    speed_deg_s = np.degrees(np.linalg.norm(np.diff(forward, axis=0), axis=1)) * 30
    assert np.mean(speed_deg_s < 3.0) > 0.8
    assert speed_deg_s.max() > 40.0
    assert np.degrees(np.arccos(forward[:, 2])).max() < 20.0


def test_joints_say_what_the_shapes_say() -> None:
    track = animate_face(spoken(), 157, 30.0, seed=1)
    jaw = rot.log(track.jaw)
    np.testing.assert_allclose(jaw[:, 0], JAW_OPEN_RAD * shape(track, "jawOpen"), atol=1e-9)
    chin = rot.rotate(track.jaw, np.array([0.0, -0.05, 0.08]))
    assert chin[shape(track, "jawOpen").argmax(), 1] < -0.055  # it goes down
    forward = rot.rotate(track.left_eye, np.array([0.0, 0.0, 1.0]))
    out = shape(track, "eyeLookOutLeft") - shape(track, "eyeLookInLeft")
    np.testing.assert_allclose(np.arctan2(forward[:, 0], forward[:, 2]), LOOK_SIDE_RAD * out, atol=1e-6)
    np.testing.assert_allclose(track.left_eye, track.right_eye, atol=1e-9)


def test_the_same_seed_gives_the_same_face_and_another_seed_another() -> None:
    one, again, other = (animate_face(spoken(), 157, 30.0, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.shapes, again.shapes)
    assert np.abs(one.shapes - other.shapes).max() > 0.1


def test_an_edited_word_leaves_the_face_elsewhere_as_it_was() -> None:
    words = [
        Word("papa", k * 1.0, k * 1.0 + 0.5, (Phone("P", k, k + 0.1), Phone("AA", k + 0.1, k + 0.5))) for k in range(30)
    ]
    before = animate_face(speech_of(words, 30.0, 0.9), 900, 30.0, seed=1)
    words[3] = Word("oops", 3.0, 3.6, (Phone("UW", 3.0, 3.3), Phone("P", 3.3, 3.5), Phone("S", 3.5, 3.6)), "?")
    after = animate_face(speech_of(words, 30.0, 0.9), 900, 30.0, seed=1)
    assert np.abs(before.shapes[90:120] - after.shapes[90:120]).max() > 0.1
    np.testing.assert_allclose(before.shapes[300:], after.shapes[300:], atol=1e-9)


@pytest.mark.parametrize("text", ["bumper", "Ümläut", "1961", "こんにちは", "…", "the"])
def test_words_without_phones_move_the_mouth(text: str) -> None:
    track = animate_face(speech_of([Word(text, 1.0, 1.6)], 2.5), 75, 30.0, seed=1)
    assert 0.08 < shape(track, "jawOpen").max() < 0.6
    assert gap(track)[:10].max() < 0.005


def test_letters_close_the_lips_too() -> None:
    track = animate_face(speech_of([Word("abba", 1.0, 1.6)], 2.5), 75, 30.0, seed=1)
    middle = gap(track)[at(1.15) : at(1.45)]
    assert middle.min() < 0.005
    assert gap(track)[at(1.0) : at(1.6)].max() > 0.15


@pytest.mark.parametrize("label", ["", "SIL", "??", "ə", "AX", "+NOISE+"])
def test_unusual_labels_do_no_harm(label: str) -> None:
    assert np.isfinite(single_phone(label).shapes).all()


def test_a_minute_takes_well_under_a_tenth_of_a_second() -> None:
    speech = spoken(repeat=12)
    frames = int(np.ceil(speech.duration_s * 30))
    animate_face(speech, frames, 30.0, seed=1)
    best = min(_seconds(lambda: animate_face(speech, frames, 30.0, seed=1)) for _ in range(3))
    assert best < 0.1


def _seconds(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start

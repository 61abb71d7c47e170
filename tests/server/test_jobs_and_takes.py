"""A job's way from the upload to the take."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from running_server import DEMO, SHORT_TEXT, RunningServer, recording

from chironomy.emphasis.fuse import fused_take
from chironomy.formats.take import read_take
from chironomy.formats.words_json import SCHEMA


@pytest.fixture(scope="module")
def done(server: RunningServer, speech: bytes) -> dict:
    return server.wait(server.submit(speech, text=SHORT_TEXT, seed=7, variations=2))


@pytest.fixture(scope="module")
def take(server: RunningServer, done: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("take") / "take.npz"
    path.write_bytes(server.http.get(f"/takes/{done['takes'][0]}").content)
    return path


def test_each_variation_is_a_take_with_the_next_seed(server: RunningServer, done: dict, take: Path, tmp_path: Path):
    second = tmp_path / "second.npz"
    second.write_bytes(server.http.get(f"/takes/{done['takes'][1]}").content)
    assert [read_take(path).metadata.seed for path in (take, second)] == [7, 8]


def test_a_take_names_the_users_file_and_no_path_of_the_server(server: RunningServer, take: Path):
    metadata = read_take(take).metadata
    assert metadata.sources[-1].startswith("speech.flac sha256:")
    assert str(server.folder) not in json.dumps([*metadata.sources, *metadata.notices])


def test_a_take_is_the_same_as_from_the_command_line(take: Path, speech: bytes, tmp_path: Path):
    from chironomy.cli.main import app

    audio, own = tmp_path / "speech.flac", tmp_path / "own.npz"
    audio.write_bytes(speech)
    command = ["generate", str(audio), "--text", SHORT_TEXT, "--generator", "rhythm", "--seed", "7", "-o", str(own)]
    app(command, standalone_mode=False)
    assert own.read_bytes() == take.read_bytes()


def test_the_words_come_with_their_times(server: RunningServer, done: dict):
    document = server.http.get(f"/jobs/{done['id']}/words").json()
    assert document["schema"] == SCHEMA
    assert [word["text"] for word in document["words"]] == ["I", "never", "said", "that"]


def test_words_can_be_sent_back_as_they_came(server: RunningServer, done: dict, speech: bytes):
    words = server.http.get(f"/jobs/{done['id']}/words").json()["words"]
    words[1]["start_s"] += 0.05
    again = server.wait(server.submit(speech, words=words, seed=7))
    corrected = server.http.get(f"/jobs/{again['id']}/words").json()["words"]
    assert corrected[1]["start_s"] == words[1]["start_s"]


def test_align_alone_gives_words_and_no_take(server: RunningServer, speech: bytes):
    status = server.wait(server.submit(speech, path="/align", text=SHORT_TEXT))
    assert status["takes"] == []
    assert len(server.http.get(f"/jobs/{status['id']}/words").json()["words"]) == 4


def test_a_transcript_may_be_a_file(server: RunningServer, speech: bytes):
    subtitles = f"1\n00:00:00,000 --> 00:00:01,600\n{SHORT_TEXT}\n"
    files = {"request": (None, "{}"), "audio": ("a.flac", speech), "transcript": ("../lines.srt", subtitles)}
    job = server.http.post("/align", files=files).json()["id"]
    server.wait(job)
    assert len(server.http.get(f"/jobs/{job}/words").json()["words"]) == 4


def test_fusing_gives_the_motion_that_the_sliders_mean(server: RunningServer, done: dict, take: Path):
    answer = server.http.post(f"/takes/{done['takes'][0]}/fuse", json={"sliders": {"1": 1.6}})
    fused = np.load(io.BytesIO(answer.content), allow_pickle=False)
    rotations, translation, emphasis = fused_take(read_take(take), {1: 1.6})
    np.testing.assert_array_equal(fused["rotations"], rotations.astype(np.float32))
    np.testing.assert_array_equal(fused["translation"], translation.astype(np.float32))
    np.testing.assert_array_equal(fused["emphasis"], emphasis.astype(np.float32))


def test_fusing_with_a_curve_of_zeros_gives_the_base(server: RunningServer, done: dict, take: Path):
    base = read_take(take).base_rotations
    answer = server.http.post(f"/takes/{done['takes'][0]}/fuse", json={"curve": [0.0] * len(base)})
    fused = np.load(io.BytesIO(answer.content), allow_pickle=False)
    np.testing.assert_array_equal(fused["rotations"], base.astype(np.float32))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"curve": [1.0]}, "wrong_length"),
        ({"curve": [3.0]}, "invalid_request"),
        ({"sliders": {"99": 1.0}}, "no_such_word"),
        ({"sliders": {"1": 1.0}, "curve": [1.0]}, "invalid_request"),
        ({"sliders": {"one": 1.0}}, "invalid_request"),
    ],
)
def test_emphasis_that_does_not_fit_the_take_is_refused(server: RunningServer, done: dict, body: dict, code: str):
    answer = server.http.post(f"/takes/{done['takes'][0]}/fuse", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_events_tell_the_way_to_the_end_and_stop_there(server: RunningServer):
    job = server.submit(recording(28.25, noise=1), text=2 * DEMO.with_suffix(".txt").read_text())
    with server.http.stream("GET", f"/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert events[-1] == server.status(job)
    assert events[-1]["state"] == "done"
    fractions = [event["fraction"] for event in events]
    assert fractions == sorted(fractions)
    assert len({event["stage"] for event in events}) >= 3
    assert any(event["seconds_left"] is not None for event in events)


def test_the_same_request_is_served_from_the_store(server: RunningServer, done: dict, speech: bytes):
    again = server.submit(speech, text=SHORT_TEXT, seed=7, variations=2)
    status = server.status(again)
    assert status["state"] == "done"
    assert status["takes"] == done["takes"]
    assert again != done["id"]


def test_another_seed_gesture_or_style_is_another_take(server: RunningServer, done: dict, speech: bytes):
    wishes = [{"seed": 9}, {"seed": 7, "style": "lively"}, {"seed": 7, "gestures": {"1": {"class": "counting"}}}]
    takes = [server.wait(server.submit(speech, text=SHORT_TEXT, **wish))["takes"][0] for wish in wishes]
    assert len({*takes, *done["takes"]}) == 5


def test_a_recording_that_is_none_fails_in_the_users_words(server: RunningServer):
    status = server.wait(server.submit(b"these are words, no sound", name="notes.wav", text=SHORT_TEXT), "failed")
    assert status["error"]["code"] == "unusable"
    assert status["error"]["detail"].startswith("notes.wav: cannot be read as sound")
    assert str(server.folder) not in json.dumps(status)


def test_a_transcript_that_cannot_be_read_is_named_as_the_user_calls_it(server: RunningServer, speech: bytes):
    files = {"request": (None, "{}"), "audio": ("a.flac", speech), "transcript": ("lines.json", b"{]")}
    status = server.wait(server.http.post("/jobs", files=files).json()["id"], "failed")
    assert status["error"]["detail"].startswith("lines.json: is not valid JSON")


def test_health_says_what_there_is(server: RunningServer, done: dict):
    health = server.http.get("/health").json()
    assert health["device"] == "cpu"
    generators = {entry["name"]: entry for entry in health["generators"]}
    assert generators["rhythm"]["licence"] == "GPL-3.0-or-later"
    assert (generators["rhythm"]["missing"], generators["rhythm"]["models"]) == ("", [])
    assert "temperature" in generators["semtalk"]["settings"]
    assert "neutral" in health["styles"]
    assert "negation" in health["gesture_classes"]
    assert 20 < health["memory_mb"] < 5000
    assert (health["jobs_queued"], health["jobs_running"]) == (0, 0)


def test_a_device_that_is_not_there_is_replaced_with_a_notice(start: Callable[..., RunningServer], speech: bytes):
    server = start("--device", "cuda:31")
    status = server.wait(server.submit(speech, text=SHORT_TEXT))
    assert "cuda:31 cannot be used" in status["notices"][0]
    assert server.http.get("/health").json()["device"] == "cpu"

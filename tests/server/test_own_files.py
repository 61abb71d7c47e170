"""The user's own body, and models for other languages, that the server is told of by its environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from running_server import SHORT_TEXT, RunningServer

from chironomy.nets.model_card import Origin, write_card
from chironomy.server.own_files import alignment_model, smplx_model_file, state_of


def test_a_language_finds_its_model_with_and_without_its_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHIRONOMY_MODELS", str(tmp_path))
    (tmp_path / "align" / "de").mkdir(parents=True)
    assert alignment_model("de") == alignment_model("de-AT") == tmp_path / "align" / "de"
    assert alignment_model("fr") is None
    assert alignment_model("en") is None


def test_without_the_environment_there_are_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHIRONOMY_MODELS", raising=False)
    monkeypatch.delenv("CHIRONOMY_SMPLX_MODEL", raising=False)
    assert alignment_model("de") is None
    assert smplx_model_file() is None


def test_an_exchanged_file_is_noticed(tmp_path: Path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"one")
    before = state_of(path)
    path.write_bytes(b"another")
    assert state_of(path) != before
    assert state_of(tmp_path / "missing") == []


def test_words_in_a_language_without_a_model_are_answered_with_where_to_put_one(
    start: Callable[..., RunningServer], speech: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CHIRONOMY_MODELS", str(tmp_path / "models"))
    server = start()
    status = server.wait(server.submit(speech, text="Das habe ich nie gesagt", language="de"), "failed")
    assert "align/de" in status["error"]["detail"]


def test_a_body_that_cannot_be_read_fails_the_job_in_one_line(
    start: Callable[..., RunningServer], speech: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CHIRONOMY_SMPLX_MODEL", str(tmp_path / "SMPLX_MISSING.npz"))
    server = start()
    status = server.wait(server.submit(speech, text=SHORT_TEXT), "failed")
    assert "SMPLX_MISSING.npz" in status["error"]["detail"]


def test_health_tells_of_weights_and_a_job_without_them_is_refused_in_one_line(
    start: Callable[..., RunningServer], speech: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    models = tmp_path / "models"
    (models / "mine").mkdir(parents=True)
    (models / "mine" / "base.safetensors").write_bytes(b"weights")
    origin = Origin(system="semtalk", name="Mine", summary="Made up.", licence="Mine alone", made_by="make it")
    write_card(models / "mine", origin, {})
    (models / "mine" / "base.safetensors").unlink()
    monkeypatch.setenv("CHIRONOMY_MODELS", str(models))
    server = start()
    semtalk = next(g for g in server.http.get("/health").json()["generators"] if g["name"] == "semtalk")
    mine = next(model for model in semtalk["models"] if model["name"] == "mine")
    assert (mine["licence"], mine["summary"]) == ("Mine alone", "Made up.")
    assert mine["problem"].endswith("mine/base.safetensors: is missing: make it again with `make it`")
    wishes = {"text": SHORT_TEXT, "generator": "semtalk", "model": "mine"}
    answer = server.http.post("/jobs", files={"request": (None, json.dumps(wishes)), "audio": ("a.flac", speech)})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_weights")
    assert answer.json()["detail"] == mine["problem"]

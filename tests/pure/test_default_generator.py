"""What makes the motion where nobody chooses: the model that came along, else the generator without weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from semtalk_models import write_tiny_model

from chironomy.cli.doctor import findings
from chironomy.cli.inspect import facts_of
from chironomy.cli.main import app
from chironomy.errors import UserError
from chironomy.formats.take import read_take
from chironomy.generators.default import BUNDLED_MODEL, Choice, completed, default_choice
from chironomy.generators.models import bundled_folder
from chironomy.generators.semtalk.loading import weights_digest
from chironomy.nets.model_card import read_card

DEMO = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model by chance in the place of the one that comes along."""
    return write_tiny_model(tmp_path_factory.mktemp("came along") / BUNDLED_MODEL)


@pytest.fixture
def came_along(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHIRONOMY_BUNDLED_MODELS", str(shipped.parent))
    return shipped


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of a model of its own, to be broken."""
    monkeypatch.setenv("CHIRONOMY_BUNDLED_MODELS", str(tmp_path / "models"))
    return write_tiny_model(tmp_path / "models" / BUNDLED_MODEL) / "base.safetensors"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("line") / "line.wav"
    samples, rate = soundfile.read(DEMO, dtype="float32")
    soundfile.write(path, samples[: int(1.6 * rate)], rate)
    return path


def generate(line: Path, *options: object) -> None:
    app(list(map(str, ["generate", line, "--text", "I never said that.", *options])), standalone_mode=False)


def test_the_model_that_came_along_is_the_default(came_along: Path) -> None:
    assert default_choice() == completed("", "") == Choice("semtalk", BUNDLED_MODEL)


def test_where_none_came_along_rhythm_takes_its_place_and_says_so() -> None:
    choice = default_choice()
    assert (choice.generator, choice.model) == ("rhythm", "")
    assert choice.notice.startswith("chironomy-s: this model, which comes along, is missing: install Chironomy again")


@pytest.mark.parametrize("harm", ["no weights", "half of the weights", "no card", "a broken card"])
def test_where_it_is_broken_rhythm_takes_its_place_and_says_why_in_one_line(broken: Path, harm: str) -> None:
    card = broken.parent / "card.json"
    match harm:
        case "no weights":
            broken.unlink()
        case "half of the weights":
            broken.write_bytes(broken.read_bytes()[:1000])
        case "no card":
            card.unlink()
        case "a broken card":
            card.write_text("{")
    choice = default_choice()
    assert choice.generator == "rhythm"
    assert choice.notice.startswith("chironomy-s")
    assert choice.notice.endswith("; the generator rhythm, which needs no weights, takes its place")
    assert "\n" not in choice.notice
    assert str(broken.parents[2]) not in choice.notice


def test_a_model_of_the_users_by_that_name_counts(
    came_along: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_tiny_model(tmp_path / BUNDLED_MODEL)
    (own / "base.safetensors").unlink()
    monkeypatch.setenv("CHIRONOMY_MODELS", str(tmp_path))
    assert default_choice().generator == "rhythm"


@pytest.mark.parametrize(("language", "generator"), [("en", "semtalk"), ("en-GB", "semtalk"), ("de", "rhythm")])
def test_a_language_that_it_does_not_know_is_left_to_rhythm(came_along: Path, language: str, generator: str) -> None:
    choice = completed("", "", language)
    assert choice.generator == generator
    assert ("knows English alone" in choice.notice) == (generator == "rhythm")


def test_what_the_user_names_is_taken(came_along: Path) -> None:
    assert completed("rhythm", "") == Choice("rhythm")
    assert completed("", BUNDLED_MODEL) == Choice("semtalk", BUNDLED_MODEL)
    with pytest.raises(UserError, match="mine: there is no model of this name: there are: chironomy-s"):
        completed("", "mine")


def test_without_the_variable_models_lie_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHIRONOMY_BUNDLED_MODELS")
    assert bundled_folder() == Path(__file__).parents[2] / "models"


def test_generate_takes_the_default_and_the_take_says_which_model_made_it(
    came_along: Path, line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(line, "-o", tmp_path / "take.npz", "--json")
    report = json.loads(capsys.readouterr().out)
    facts = facts_of(read_take(tmp_path / "take.npz"))
    digest = weights_digest(read_card(came_along))
    assert (facts["generator"], facts["model"], facts["weights"]) == ("semtalk", "tiny", digest)
    assert (report["generator"], report["model"], report["weights"]) == ("semtalk", "tiny", digest)
    app(["inspect", str(tmp_path / "take.npz")], standalone_mode=False)
    assert f"generator semtalk, model tiny ({digest[:12]})" in capsys.readouterr().out.replace("\n", " ")


def test_generate_by_rhythm_says_nothing_of_models(came_along: Path, line: Path, tmp_path: Path) -> None:
    generate(line, "--generator", "rhythm", "-o", tmp_path / "take.npz")
    metadata = read_take(tmp_path / "take.npz").metadata
    assert (metadata.generator, metadata.weights) == ("rhythm", "")
    assert not [notice for notice in metadata.notices if BUNDLED_MODEL in notice]


def test_generate_does_not_fail_where_the_model_is_broken(broken: Path, line: Path, tmp_path: Path) -> None:
    broken.unlink()
    generate(line, "-o", tmp_path / "take.npz")
    metadata = read_take(tmp_path / "take.npz").metadata
    assert metadata.generator == "rhythm"
    assert "chironomy-s/base.safetensors: is missing: make it again with `pytest`" in metadata.notices[0]


def test_weights_with_another_hash_are_an_error_that_says_what_to_do(broken: Path, line: Path, tmp_path: Path) -> None:
    content = bytearray(broken.read_bytes())
    content[-1] ^= 1
    broken.write_bytes(content)
    told = r"base\.safetensors: is damaged or was changed .*: make it again with `pytest`"
    with pytest.raises(UserError, match=told):
        generate(line, "-o", tmp_path / "take.npz")
    assert not (tmp_path / "take.npz").exists()
    doctor = {finding.name: finding for finding in findings()}
    assert "is damaged or was changed" in doctor[f"model {BUNDLED_MODEL}"].remedy


def test_a_model_alone_says_which_generator_it_is_for(line: Path, shipped: Path, tmp_path: Path) -> None:
    generate(line, "--model", shipped, "-o", tmp_path / "take.npz")
    assert read_take(tmp_path / "take.npz").metadata.generator == "semtalk"


def test_the_doctor_names_the_default(came_along: Path) -> None:
    default = next(finding for finding in findings() if finding.name == "default")
    assert (default.ok, default.detail) == (True, "generator semtalk, model chironomy-s")


def test_the_doctor_is_content_where_rhythm_is_the_default() -> None:
    default = next(finding for finding in findings() if finding.name == "default")
    assert default.ok
    assert default.detail.endswith("the generator rhythm, which needs no weights, takes its place")

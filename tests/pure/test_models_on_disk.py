"""Finding the models that generators take their weights from, and saying in one line what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
import yaml

from chironomy.cli.doctor import findings
from chironomy.cli.main import app
from chironomy.errors import UserError
from chironomy.generators.models import choose_model, examine, find_models, missing, model_at, models_folders
from chironomy.generators.registry import GENERATORS, check_settings
from chironomy.nets.model_card import Origin, read_card, write_card


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of models; none came along."""
    monkeypatch.setenv("CHIRONOMY_MODELS", str(tmp_path))
    return tmp_path


def model(folder: Path, system: str = "semtalk", **front_end: object) -> Path:
    """A folder as `convert-weights` writes it, with a few bytes for weights."""
    folder.mkdir()
    front_end = {"speech": "none", "text": "minilm", **front_end}
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {"front_end": front_end}}))
    (folder / "base.safetensors").write_bytes(b"weights")
    write_card(folder, Origin(system=system, name="x", summary="Made up.", licence="none", made_by="make it"), {})  # type: ignore[arg-type]
    return folder


def test_without_any_model_one_line_says_which_command_makes_one(place: Path) -> None:
    with pytest.raises(UserError) as error:
        choose_model("semtalk")
    assert str(error.value).startswith(f"semtalk: its weights are missing (there is no model of it in {place}")
    assert "`chironomy convert-weights semtalk FOLDER -o models/semtalk-official`" in str(error.value)
    assert "\n" not in str(error.value)
    assert missing("semtalk") == str(error.value)
    assert missing("rhythm") == ""


def test_the_users_model_is_found_by_generator_name_and_folder(place: Path) -> None:
    folder = model(place / "mine")
    model(place / "other-system", "semges")
    assert [found.name for found in find_models()] == ["mine", "other-system"]
    assert [found.name for found in find_models("semtalk")] == ["mine"]
    assert choose_model("semtalk") == choose_model("semtalk", "mine") == model_at("semtalk", folder) == folder
    assert missing("semtalk") == ""


def test_a_whole_model_is_taken_before_a_broken_one_and_the_users_before_one_that_came_along(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundled = tmp_path_factory.mktemp("bundled")
    monkeypatch.setenv("CHIRONOMY_BUNDLED_MODELS", str(bundled))
    came_along = model(bundled / "small")
    assert models_folders() == (place, bundled)
    assert choose_model("semtalk") == came_along
    own = model(place / "small")
    assert choose_model("semtalk") == own
    (own / "base.safetensors").unlink()
    whole = model(place / "zebra")
    assert choose_model("semtalk") == whole


@pytest.mark.parametrize(("content", "told"), [(None, "is missing"), (b"weigh", "is not whole")])
def test_a_damaged_model_names_the_file_and_the_command_that_makes_it_again(
    place: Path, content: bytes | None, told: str
) -> None:
    weights = model(place / "mine") / "base.safetensors"
    weights.unlink()
    if content is not None:
        weights.write_bytes(content)
    with pytest.raises(UserError, match=rf"base\.safetensors: {told}: make it again with `make it`"):
        choose_model("semtalk")


def test_a_model_that_can_be_had_again_says_how(place: Path) -> None:
    folder = model(place / "mine")
    origin = read_card(folder).origin.model_copy(update={"repaired_by": "install it again"})
    write_card(folder, origin, {})
    (folder / "base.safetensors").unlink()
    with pytest.raises(UserError, match=r"base\.safetensors: is missing: install it again$"):
        choose_model("semtalk")


def test_what_a_model_listens_with_is_missed_before_the_long_work(place: Path) -> None:
    model(place / "mine", speech="hubert-large")
    with pytest.raises(UserError, match=r"hubert-large: is missing: put facebook/hubert-large-ls960-ft there"):
        choose_model("semtalk")
    (place / "hubert-large").mkdir()
    (place / "hubert-large" / "config.json").write_text("{}")
    assert choose_model("semtalk") == place / "mine"


def test_a_missing_vocabulary_is_missed_too(place: Path) -> None:
    model(place / "mine", speech="phones", phones=["SIL", "NOISE"], text="vocabulary+clip")
    (place / "clip-vit-base-patch32").mkdir()
    (place / "clip-vit-base-patch32" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"vocabulary\.json: is missing: convert the weights again"):
        choose_model("semtalk")


@pytest.mark.parametrize("card", ["", "{", '{"schema_version": 9}'])
def test_a_folder_with_a_broken_card_is_listed_with_its_problem(place: Path, card: str) -> None:
    folder = model(place / "mine")
    (folder / "card.json").write_text(card)
    found = examine(folder)
    assert (found.system, bool(found.problem)) == ("", True)
    assert find_models() == (found,)
    with pytest.raises(UserError, match=r"card\.json"):
        model_at("semtalk", folder)


def test_wrong_choices_are_told_in_one_line(place: Path) -> None:
    model(place / "mine")
    model(place / "gestures", "semges")
    with pytest.raises(UserError, match="nothing: semtalk has no model of this name: there are: mine"):
        choose_model("semtalk", "nothing")
    with pytest.raises(UserError, match="is a model for the generator semges, not semtalk"):
        model_at("semtalk", place / "gestures")
    with pytest.raises(UserError, match="semtalk has no model of this name"):
        choose_model("semtalk", "../" + place.name + "/mine")
    with pytest.raises(UserError, match="the generator rhythm needs no model"):
        choose_model("rhythm", "mine")


def test_settings_are_known_by_generator() -> None:
    check_settings("semtalk", ["temperature", "top_k", "lazy"])
    with pytest.raises(UserError, match="lazy: the generator rhythm has no such setting; it has: none"):
        check_settings("rhythm", ["lazy"])


def test_looking_for_models_loads_no_torch() -> None:
    import subprocess

    code = (
        "import sys; from chironomy.generators.models import missing; missing('semtalk'); print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_every_generator_with_weights_says_how_to_get_them() -> None:
    assert all("chironomy convert-weights" in entry.weights for entry in GENERATORS.values() if entry.weights)


DEMO = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"


def chironomy(*arguments: object) -> None:
    app(list(map(str, arguments)), standalone_mode=False)


def test_the_command_line_says_what_is_missing_before_it_listens(place: Path) -> None:
    with pytest.raises(UserError, match="semtalk: its weights are missing"):
        chironomy("generate", DEMO, "--text", "I never said that", "--generator", "semtalk", "-o", place / "take.npz")
    broken = model(place / "mine")
    (broken / "base.safetensors").unlink()
    wanted = ["--generator", "semtalk", "--model", broken]
    with pytest.raises(UserError, match=r"base\.safetensors: is missing: make it again with `make it`"):
        chironomy("generate", DEMO, "--text", "I never said that", *wanted, "-o", place / "take.npz")
    assert not (place / "take.npz").exists()


def test_settings_of_another_generator_are_wrong_use(place: Path) -> None:
    wanted = ["--generator", "rhythm", "--top-k", 5]
    with pytest.raises(typer.BadParameter, match="top_k: the generator rhythm has no such setting"):
        chironomy("generate", DEMO, "--text", "I never said that", *wanted, "-o", place / "take.npz")


def test_the_doctor_names_models_and_what_is_wrong_with_them(place: Path) -> None:
    model(place / "whole")
    (model(place / "broken") / "base.safetensors").unlink()
    found = {finding.name: finding for finding in findings()}
    assert found["model whole"].ok
    assert "for semtalk" in found["model whole"].detail
    assert not found["model broken"].ok
    assert "make it again with `make it`" in found["model broken"].remedy
    assert "semtalk weights" not in found


def test_the_doctor_says_how_to_get_weights_that_nobody_must_have(place: Path) -> None:
    found = {finding.name: finding for finding in findings()}
    assert found["semtalk weights"].ok
    assert "chironomy convert-weights semtalk" in found["semtalk weights"].detail

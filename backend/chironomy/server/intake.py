"""An upload becomes a job: its parts are checked, named by the server itself, and put into the job's folder."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from .. import __version__
from ..errors import UserError
from ..formats.gesture_choice import chosen_classes, with_choices
from ..generators.default import Choice, completed
from ..generators.models import choose_model
from ..generators.registry import GENERATORS, check_settings
from ..presets import load_preset, presets_folder
from .own_files import alignment_model, smplx_model_file, state_of
from .problems import Problem, of_validation
from .requests import MOST_VARIATIONS, JobRequest, words_document
from .settings import Limits
from .store import Job, Store

_TRANSCRIPT_ENDINGS = {".textgrid", ".srt", ".vtt", ".json", ".txt"}
_AUDIO_ENDING = re.compile(r"\.[a-z0-9]{1,5}")
_LONGEST_NAME = 120
_BEAT = "beat"


@dataclass(frozen=True)
class _Part:
    """A file that came with the request, as it lies in the job's folder."""

    file: str
    name: str
    """What the user calls it; for messages, never a path."""
    digest: str


async def take_in(request: Request, store: Store, limits: Limits, kind: str | None = None) -> Job:
    """The job that a multipart request asks for, with its files in place. Raises Problem, and leaves nothing then."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "not_multipart", "send the request and its recording as multipart/form-data")
    async with request.form(max_files=3, max_fields=2, max_part_size=limits.request_part_bytes) as form:
        wanted = await _wishes(form.get("request"), limits)
        if kind is not None:
            wanted = wanted.model_copy(update={"kind": kind})
        choice = _choice(wanted)
        wanted = wanted.model_copy(update={"generator": choice.generator, "model": choice.model})
        _require_known(wanted)
        audio, transcript = form.get("audio"), form.get("transcript")
        if not isinstance(audio, UploadFile):
            raise Problem(422, "audio_missing", "the recording is missing: send it as the part “audio”, a file")
        if transcript is not None and not isinstance(transcript, UploadFile):
            raise Problem(422, "invalid_request", "the part “transcript” must be a file")
        _require_words(wanted, transcript)
        job_id = uuid.uuid4().hex
        folder = store.jobs / job_id
        folder.mkdir(mode=0o700)
        try:
            return await _in_place(job_id, wanted, choice.notice, audio, transcript, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def styles() -> list[str]:
    """The styles that there are."""
    return list(load_preset("styles"))


def gesture_classes() -> list[str]:
    """The gesture classes that a word can be given."""
    return [*load_preset("gesture_classes")["classes"], _BEAT]


def presets_digest() -> str:
    """Changes when anybody edits, adds or removes a preset: results made before are then not the same."""
    folder = presets_folder()
    entries = sorted((str(path.relative_to(folder)), path.stat()) for path in folder.rglob("*.json"))
    return _hash([[name, found.st_size, found.st_mtime_ns] for name, found in entries])


async def _wishes(part: UploadFile | str | None, limits: Limits) -> JobRequest:
    if part is None:
        raise Problem(422, "request_missing", "the part “request” (JSON) is missing")
    if isinstance(part, UploadFile):
        content: bytes | str = await part.read(limits.request_part_bytes + 1)
        if len(content) > limits.request_part_bytes:
            raise Problem(413, "too_large", f"the part “request” is larger than {limits.request_part_bytes >> 20} MB")
    else:
        content = part
    try:
        return JobRequest.model_validate_json(content)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False, include_input=False), "the request") from error


def _choice(wanted: JobRequest) -> Choice:
    """Generator and model, also where the request leaves them open. Raises Problem."""
    try:
        return completed(wanted.generator, wanted.model, wanted.language)
    except UserError as error:
        raise Problem(422, "no_weights", str(error)) from error


def _require_known(wanted: JobRequest) -> None:
    """That generator, its settings and weights, style and classes exist. Raises Problem."""
    if wanted.generator not in GENERATORS:
        raise Problem(422, "unknown_generator", f"there is no generator “{wanted.generator}”: {_one_of(GENERATORS)}")
    try:
        check_settings(wanted.generator, wanted.settings)
    except UserError as error:
        raise Problem(422, "unknown_setting", str(error)) from error
    if wanted.kind == "generate":
        _weights(wanted)
    if wanted.style not in (known := styles()):
        raise Problem(422, "unknown_style", f"there is no style “{wanted.style}”: {_one_of(known)}")
    known = gesture_classes()
    for name in chosen_classes(wanted.gesture_choices).values():
        if name and name not in known:
            raise Problem(422, "unknown_gesture_class", f"there is no gesture class “{name}”: {_one_of(known)}")


def _weights(wanted: JobRequest) -> Path | None:
    """The folder of the model that is meant. Raises Problem."""
    try:
        return choose_model(wanted.generator, wanted.model)
    except UserError as error:
        raise Problem(422, "no_weights", str(error)) from error


def _one_of(names: Any) -> str:
    return "choose one of " + ", ".join(names)


def _require_words(wanted: JobRequest, transcript: UploadFile | None) -> None:
    given = [wanted.text is not None, wanted.words is not None, transcript is not None]
    if sum(given) != 1:
        detail = "give what is said in the recording: as text, as words or as a transcript file, one of them"
        raise Problem(422, "words_missing" if not any(given) else "words_twice", detail)
    if wanted.text is not None and not wanted.text.strip():
        raise Problem(422, "words_missing", "the text is empty: write what is said in the recording")


#: The settings that a take, but not the words' times, depend on.
_OF_A_TAKE = ("generator", "model", "settings", "style", "gestures")


async def _in_place(
    job_id: str, wanted: JobRequest, notice: str, audio: UploadFile, transcript: UploadFile | None, folder: Path
) -> Job:
    name = _display_name(audio, "the recording")
    sound = await run_in_threadpool(_saved, audio, folder, "audio" + _audio_ending(name), name)
    words = await run_in_threadpool(_words_in_place, wanted, transcript, folder)
    presets = presets_digest()
    hearing, body = state_of(alignment_model(wanted.language)), state_of(smplx_model_file())
    words_id = _hash([__version__, sound.digest, words.file, words.digest, wanted.language, hearing])
    seeds = range(wanted.seed, wanted.seed + (min(wanted.variations, MOST_VARIATIONS)))
    settings = with_choices(wanted.model_dump(include={"language", *_OF_A_TAKE}), wanted.gesture_choices)
    settings["notice"] = notice
    weights = state_of(_weights(wanted)) if wanted.kind == "generate" else []
    takes = [
        (_hash([words_id, presets, body, weights, notice, *(settings[key] for key in _OF_A_TAKE), seed]), seed)
        for seed in seeds
    ]
    return Job(
        id=job_id,
        kind=wanted.kind,
        settings=settings,
        audio=sound.file,
        audio_name=sound.name,
        transcript=words.file,
        transcript_name=words.name,
        words_id=words_id,
        takes=tuple(takes) if wanted.kind == "generate" else (),
    )


def _words_in_place(wanted: JobRequest, transcript: UploadFile | None, folder: Path) -> _Part:
    if transcript is not None:
        name = _display_name(transcript, "the transcript")
        ending = Path(name).suffix.lower()
        ending = ending if ending in _TRANSCRIPT_ENDINGS else ".txt"
        return _saved(transcript, folder, "transcript" + ending, name)
    if wanted.words is not None:
        return _written(json.dumps(words_document(wanted.words)), folder, "transcript.json", "the words")
    return _written(wanted.text or "", folder, "transcript.txt", "the text")


def _saved(upload: UploadFile, folder: Path, file: str, name: str) -> _Part:
    digest = hashlib.sha256()
    with (folder / file).open("wb") as target:
        while block := upload.file.read(1 << 20):
            digest.update(block)
            target.write(block)
    return _Part(file, name, digest.hexdigest())


def _written(content: str, folder: Path, file: str, name: str) -> _Part:
    data = content.encode("utf-8")
    (folder / file).write_bytes(data)
    return _Part(file, name, hashlib.sha256(data).hexdigest())


def _display_name(upload: UploadFile, otherwise: str) -> str:
    """What the user calls a file: the last part of its name, printable."""
    last = re.split(r"[/\\]", upload.filename or "")[-1]
    shown = "".join(character for character in last if character.isprintable()).strip()
    return shown[-_LONGEST_NAME:] or otherwise


def _audio_ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if _AUDIO_ENDING.fullmatch(ending) else ""


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]

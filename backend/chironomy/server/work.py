"""What the worker's process does: `python -m chironomy.server.work`, started by the server (see worker.py).

Orders come as JSON lines on stdin, one at a time; progress and the outcome go back as JSON lines on stdout. Between
jobs the process keeps what it has loaded, and what it heard last: another seed for the same recording needs no new
alignment. It ends when stdin does, so it never outlives the server.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..progress import Cancelled, Progress, within
from .fuse import Unfit
from .network_fusing import NetworkFusing
from .own_files import alignment_model, alignment_model_place, smplx_model_file, state_of
from .preloading import Preloading

if TYPE_CHECKING:
    from ..motion.body import Body
    from ..pipeline.hear import Recording
    from ..speech.transcript import Transcript

_REPORTS_PER_S = 10
_MOST_NOTICES, _LONGEST_NOTICE = 100, 500

Message = dict[str, Any]
Results = dict[str, list[str]]
"""The files that were made, each with what the user should know about it."""
Send = Callable[[Message], None]


class Performer:
    """Does jobs, and keeps the last recording in memory."""

    def __init__(self, device: str, notice: str = "") -> None:
        self._device = device
        self._notices = [notice] if notice else []
        self._heard: tuple[str, Recording] | None = None
        self._fusing = NetworkFusing()
        self._preloading = Preloading(device)

    def perform(self, order: Mapping[str, Any], progress: Progress) -> Results:
        """Writes the results into the order's folder. Raises UserError."""
        if order["kind"] == "prepare":
            return self._prepare()
        progress("Loading", 0.0)
        if order["kind"] == "fuse":
            return self._fuse(order, progress)
        from ..formats.words_json import write_words_json

        folder, words_name = Path(order["folder"]), f"{order['words_id']}.json"
        if order["kind"] == "align":
            from ..pipeline.hear import align_recording

            audio, alignment = align_recording(
                folder / order["audio"],
                _transcript(order, folder),
                _alignment_model(order["language"]),
                within(progress, 0.02, 1.0),
            )
            write_words_json(folder / words_name, alignment.words, audio.duration_s)
            return {words_name: _all_named(alignment.notices, order, folder)}
        model = self._begin_loading(order)
        recording = self._recording(order, folder, within(progress, 0.02, 0.7))
        write_words_json(folder / words_name, recording.speech.words, recording.audio.duration_s)
        takes = self._generate(order, model, recording, folder, within(progress, 0.7, 1.0))
        return {words_name: list(recording.speech.alignment.notices), **takes}

    def _prepare(self) -> Results:
        """Begins to load the model of jobs that name none; such a job then need not wait for all of it."""
        from ..generators.default import default_choice
        from ..generators.models import choose_model

        choice = default_choice()
        if model := choose_model(choice.generator, choice.model):
            _import_hearing()
            self._preloading.begin(choice.generator, model)
        return {}

    def _begin_loading(self, order: Mapping[str, Any]) -> Path | None:
        """The folder of the model that the order needs, which is loaded while the recording is listened to."""
        from ..generators.models import choose_model

        self._fusing.forget()  # not two models in memory
        model = choose_model(order["generator"], order["model"])
        if model is not None:
            _import_hearing()
            self._preloading.begin(order["generator"], model)
        return model

    def _fuse(self, order: Mapping[str, Any], progress: Progress) -> Results:
        from ..generators.devices import with_fallback

        body = _body()
        self._preloading.wait(progress)
        with_fallback(self._device, lambda device: self._fusing.fuse(order, body, device, progress))
        return {}

    def _recording(self, order: Mapping[str, Any], folder: Path, progress: Progress) -> Recording:
        from ..pipeline.hear import hear

        key, path = order["words_id"], folder / order["audio"]
        if self._heard is None or self._heard[0] != key:
            self._heard = None  # not two recordings in memory
            model = _alignment_model(order["language"])
            heard = hear(path, _transcript(order, folder), model, progress)
            alignment = heard.speech.alignment
            alignment = replace(alignment, notices=tuple(_all_named(alignment.notices, order, folder)))
            self._heard = (key, replace(heard, speech=replace(heard.speech, alignment=alignment)))
        recording = self._heard[1]
        return replace(recording, audio=replace(recording.audio, source=str(path)))

    def _generate(
        self, order: Mapping[str, Any], model: Path | None, recording: Recording, folder: Path, progress: Progress
    ) -> Results:
        from ..formats.gesture_choice import choices_in
        from ..formats.take import write_take
        from ..generators.devices import with_fallback
        from ..pipeline.perform import Wishes, perform_with_codes

        body, results = _body(), {}
        if model is not None:
            self._preloading.wait(progress)
        told = tuple(filter(None, [order.get("notice")]))
        choices = choices_in(order)
        for number, (take_id, seed) in enumerate(order["takes"]):
            part = within(progress, number / len(order["takes"]), (number + 1) / len(order["takes"]))
            wishes = Wishes(order["generator"], order["style"], seed, choices, order["settings"], model, told)
            (take, codes), fallen_back = with_fallback(
                self._device,
                lambda device, wishes=wishes, part=part: perform_with_codes(recording, body, wishes, part, device),
            )
            notices = _all_named((*fallen_back, *take.metadata.notices), order, folder)
            sources = tuple(_all_named(take.metadata.sources, order, folder))
            metadata = replace(take.metadata, sources=sources, notices=tuple(notices))
            name = f"{take_id}.npz"
            write_take(folder / name, replace(take, metadata=metadata))
            results[name] = [*self._notices, *notices]
            if codes is not None:
                from ..generators.semtalk.codes import write_codes

                codes_name = f"{take_id}.codes.npz"
                write_codes(folder / codes_name, codes)
                results[codes_name] = []
        return results


def _import_hearing() -> None:
    """Before a thread imports at the same time: of modules that import each other it might then find halves."""
    from ..pipeline import hear  # noqa: F401


def _body() -> Body:
    """The user's own, or the neutral one. Raises UserError."""
    from ..motion.body import neutral_body

    model = smplx_model_file()
    return neutral_body() if model is None else _body_of(model, tuple(state_of(model)))


@lru_cache(maxsize=1)
def _body_of(model: Path, _state: tuple[str | int, ...]) -> Body:
    from ..pipeline.smplx_model import read_smplx_model

    return read_smplx_model(model).body


def _alignment_model(language: str) -> str | None:
    model = alignment_model(language)
    return None if model is None else str(model)


def _transcript(order: Mapping[str, Any], folder: Path) -> Transcript:
    from ..speech.transcript import read_transcript

    transcript = read_transcript(folder / order["transcript"], order["language"])
    language = order["language"]
    english = language.partition("-")[0].lower() == "en"
    if not english and not transcript.is_timed and alignment_model(language) is None:
        raise UserError(
            f"{order['transcript_name']}: to find words in another language than English ({language}), put a CTC "
            f"speech model into {alignment_model_place(language)}, or give words with times (TextGrid, WebVTT)"
        )
    return transcript


def _named(text: str, order: Mapping[str, Any], folder: Path) -> str:
    """A message with the user's names in the place of the server's files."""
    for own in ("audio", "transcript"):
        name = order[f"{own}_name"]
        text = text.replace(str(folder / order[own]), name)
        if text.startswith(f"{order[own]} "):
            text = name + text.removeprefix(order[own])
    return text.replace(str(folder), "the job").replace(str(Path.home()), "~")[:_LONGEST_NOTICE]


def _told(error: UserError, order: Mapping[str, Any]) -> str:
    if order["kind"] == "fuse":
        return str(error).replace(order["take"], "the take").replace(order["codes"], "the take's codes")
    return _named(str(error), order, Path(order["folder"]))


def _all_named(lines: Iterable[str], order: Mapping[str, Any], folder: Path) -> list[str]:
    return [_named(line, order, folder) for line in lines][:_MOST_NOTICES]


def _outcome(performer: Performer, order: Mapping[str, Any], progress: Progress) -> Message:
    try:
        return {"done": performer.perform(order, progress)}
    except Cancelled:
        return {"cancelled": True}
    except Unfit as error:
        return {"failed": {"code": error.code, "detail": str(error)}}
    except UserError as error:
        return {"failed": {"code": "unusable", "detail": _told(error, order)}}
    except MemoryError:
        return {"failed": {"code": "memory", "detail": "there is not enough memory for this: close other programs"}}
    except Exception:
        traceback.print_exc()
        return {
            "failed": {"code": "defect", "detail": "Chironomy met a defect of its own; its log (worker1.log) says more"}
        }


def _reporter(send: Send, cancelled: threading.Event) -> Progress:
    """Sends progress, a few times a second; cancels from inside."""
    last = (0.0, "")

    def report(stage: str, fraction: float) -> None:
        nonlocal last
        if cancelled.is_set():
            raise Cancelled
        now = time.monotonic()
        if stage != last[1] or now - last[0] > 1 / _REPORTS_PER_S:
            last = (now, stage)
            send({"progress": [stage, round(fraction, 4)]})

    return report


def _listen(orders: queue.SimpleQueue[Message], cancelled: threading.Event) -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.set()
        else:
            cancelled.clear()
            orders.put(message)
    os._exit(0)  # the server is gone: nobody waits for what is being made


def main(device: str) -> None:
    """Works until stdin ends. Whatever libraries print goes to stderr, never between the messages."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    from ..generators.devices import choose_device

    def send(message: Message) -> None:
        out.write(json.dumps(message) + "\n")

    chosen, notice = choose_device(device)
    send({"ready": chosen})
    orders: queue.SimpleQueue[Message] = queue.SimpleQueue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(orders, cancelled), daemon=True).start()
    performer = Performer(chosen, notice)
    while True:
        send(_outcome(performer, orders.get(), _reporter(send, cancelled)))


if __name__ == "__main__":
    main(sys.argv[1])

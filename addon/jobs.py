"""Jobs in flight: a thread that talks to the server and makes no bpy call, and a timer that fetches what it got.

Scene and character are remembered by `session_uid`, which holds through undo and renaming and dies with them: no
reference to Blender's data outlives a frame.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from .core.errors import UserError
from .core.progress import Cancelled
from .lazy import lazy

if TYPE_CHECKING:
    from .backend.client import Client
    from .backend.client import Job as Status
    from .core.formats.take import Take

take_store = lazy("scene.take_store")
_POLL_S = 0.1
_FINISHED = ("done", "failed", "cancelled")
#: What a job's thread calls to reach the server; it ends early where the event is set.
Connect = Callable[[threading.Event], AbstractContextManager["Client"]]
_numbers = count(1)


@dataclass
class Job:
    """One request to the server. Its thread writes the fields below `number`; the main thread reads them."""

    kind: str
    """"generate" or "align"."""
    request: dict[str, Any]
    audio: bytes | Path
    audio_name: str
    transcript: Path | None
    scene_uid: int
    armature_uid: int = 0
    """0 where no character is needed."""
    asked: dict[str, Any] = field(default_factory=dict)
    """What the panel said at the time, for the takes' list."""
    number: int = field(default_factory=lambda: next(_numbers))
    state: str = "running"
    stage: str = "Reaching the backend"
    fraction: float = 0.0
    seconds_left: float | None = None
    error: str = ""
    notices: tuple[str, ...] = ()
    takes: list[tuple[bytes, Take]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    cancelling: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def run(self, connect: Connect) -> None:
        """The thread's work; never raises."""
        try:
            with connect(self.cancelling) as client:
                with tempfile.TemporaryDirectory() as folder:
                    job_id = client.submit(self.request, self._audio_file(Path(folder)), self.transcript)
                self._follow(client, job_id)
        except UserError as error:
            self._end("failed", str(error))
        except Cancelled:
            self._end("cancelled")
        except Exception as error:
            self._end("failed", f"The add-on met a defect of its own ({type(error).__name__}: {error})")

    def _audio_file(self, folder: Path) -> Path:
        """The recording as a file; a sound that is packed into the .blend becomes one for the sending."""
        if isinstance(self.audio, Path):
            return self.audio
        path = folder / (Path(self.audio_name).name or "sound.wav")
        path.write_bytes(self.audio)
        return path

    def _follow(self, client: Client, job_id: str) -> None:
        while not self.cancelling.is_set():
            status = client.job(job_id)
            self.stage, self.seconds_left = status.stage, status.seconds_left
            self.fraction = max(self.fraction, status.fraction)
            if status.is_finished:
                self._fetch(client, status)
                return
            self.cancelling.wait(_POLL_S)
        self._end("cancelled")
        with suppress(UserError):  # where no server answers, nothing runs any more either
            client.cancel(job_id)

    def _fetch(self, client: Client, status: Status) -> None:
        if status.state == "done":
            if self.kind == "align":
                self.words = client.words(status.id)["words"]
            for take_id in status.takes:
                content = client.take(take_id)
                self.takes.append((content, take_store.take_of_bytes(content)))
            self.notices = status.notices
        self._end(status.state, status.error or "")

    def _end(self, state: str, error: str = "") -> None:
        self.error, self.seconds_left = error, None
        self.state = state  # last: the main thread takes it for the sign that all is there


_jobs: dict[int, Job] = {}
#: The last thing worth telling, for the panel: kind of job, icon, text.
_notice: tuple[str, str, str] | None = None


def start(job: Job, connect: Connect) -> None:
    """Sends the job off; a timer delivers what comes back through the operator `chironomy.deliver`."""
    launch(job, connect)
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_POLL_S, persistent=True)


def launch(job: Job, connect: Connect) -> None:
    """Sends the job off, for one who waits for it (`wait`)."""
    global _notice
    _notice = None
    _jobs[job.number] = job
    job.thread = threading.Thread(target=job.run, args=(connect,), name=f"chironomy-job-{job.number}", daemon=True)
    job.thread.start()


def wait(job: Job) -> Job:
    """Blocks until the job is finished. Raises UserError where it failed or was cancelled."""
    if job.thread is not None:
        job.thread.join()
    return take_out(job.number)


def take_out(number: int) -> Job:
    """A finished job, which is then forgotten. Raises UserError where it failed, was cancelled, or is unknown."""
    job = _jobs.pop(number, None)
    if job is None:
        raise UserError(f"There is no job {number}")
    if job.state == "failed":
        raise UserError(job.error or "The backend gave up and did not say why: its log says more")
    if job.state != "done":
        raise UserError("Cancelled")
    return job


def running(scene: bpy.types.Scene | None = None, kind: str = "") -> Job | None:
    """A job that is under way: of this scene, of this kind."""
    for job in _jobs.values():
        if (scene is None or job.scene_uid == scene.session_uid) and kind in ("", job.kind):
            return job
    return None


def cancel(scene: bpy.types.Scene | None = None) -> int:
    """Cancels the jobs (of this scene); what they would have brought is dropped. Returns how many there were."""
    found = [job for job in _jobs.values() if scene is None or job.scene_uid == scene.session_uid]
    for job in found:
        job.cancelling.set()
        _jobs.pop(job.number, None)
    return len(found)


def notice(kind: str) -> tuple[str, str] | None:
    """Icon and text of the last thing worth telling about jobs of this kind."""
    return _notice[1:] if _notice is not None and _notice[0] == kind else None


def tell(kind: str, icon: str, text: str) -> None:
    """Shows a line in the panel, until the next job begins."""
    global _notice
    _notice = (kind, icon, text)


def scene_of(job: Job) -> bpy.types.Scene | None:
    """The job's scene, where it is still there."""
    return next((scene for scene in bpy.data.scenes if scene.session_uid == job.scene_uid), None)


def armature_of(job: Job) -> bpy.types.Object | None:
    """The job's character, where it is still there."""
    scene = scene_of(job)
    return next((item for item in scene.objects if item.session_uid == job.armature_uid), None) if scene else None


def unregister() -> None:
    """Ends all threads' work; what was under way is dropped."""
    cancel()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def register() -> None:
    """Nothing runs before the first job."""


def _tick() -> float | None:
    """The timer: delivers finished jobs, and has the panels drawn anew."""
    for job in [job for job in _jobs.values() if job.state in _FINISHED]:
        _deliver(job)
    _redraw()
    return _POLL_S if _jobs else None


def _deliver(job: Job) -> None:
    """Through an operator, so that it is one undo step; what a timer writes by itself is none."""
    window = next(iter(bpy.context.window_manager.windows), None)
    try:
        if window is not None and bpy.context.window is None:
            with bpy.context.temp_override(window=window):
                bpy.ops.chironomy.deliver("EXEC_DEFAULT", True, job=job.number)
        else:
            bpy.ops.chironomy.deliver("EXEC_DEFAULT", True, job=job.number)
    except RuntimeError as error:  # what the operator reported
        tell(job.kind, "ERROR", str(error).removeprefix("Error: ").strip())
    finally:
        _jobs.pop(job.number, None)


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def seconds_shown(seconds: float | None) -> str:
    """ "1:05 left", or nothing."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"

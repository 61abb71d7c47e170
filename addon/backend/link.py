"""The one object that panels and operators hold: installation, server and state together.

`status` is quick and asks nobody. `client` blocks while the server starts: call it from a thread of yours.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import UserError
from ..core.progress import Cancelled, Progress
from . import install
from .client import Client, ServerGone
from .process import Launch, Server, read_handshake
from .state import State, Status

DATA_FOLDER = "server"
"""The server's, inside the extension's own folder."""
_LEAVING_S = 2.0


@dataclass(frozen=True)
class Settings:
    """What the preferences say. A change takes effect when the server starts the next time."""

    root: Path
    """The folder that is the extension's own; see install.py."""
    extension: Path
    """The folder of the extension's files, with the wheel."""
    executable: str = ""
    """An existing `chironomy` (or its environment) to use instead of the installed one."""
    device: str = "auto"
    model_folder: str = ""
    smplx_model: str = ""
    automatic_start: bool = True

    def launch(self) -> Launch | None:
        """How the server is started; nothing where nothing is installed. Raises UserError for a wrong path."""
        if self.executable:
            program: Path | None = install.existing_executable(Path(self.executable))
        else:
            program = install.installed_executable(self.root)
        given = (("CHIRONOMY_MODELS", self.model_folder), ("CHIRONOMY_SMPLX_MODEL", self.smplx_model))
        variables = tuple((name, value) for name, value in given if value)
        return Launch(program, self.root / DATA_FOLDER, self.device, variables) if program else None


class Backend:
    """Safe to use from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connecting = threading.Lock()
        self._state = threading.Lock()
        self._server: Server | None = None
        self._client: Client | None = None
        self._health: dict[str, Any] = {}
        self._work: Status | None = None
        self._failure = ""
        self._notices: list[str] = []
        self._cancelled = threading.Event()
        self._jobs = 0
        self._thread: threading.Thread | None = None

    def configure(self, settings: Settings) -> None:
        """Takes changed preferences over; a running server keeps those it was started with."""
        self._settings = settings

    def status(self) -> Status:
        """The state now."""
        with self._state:
            if self._work is not None:
                return self._work
            self._notice_end()
            if self._failure:
                return Status(State.FAILED, self._failure)
            if self._client is not None:
                return Status(State.BUSY if self._jobs else State.READY, self._client.url)
        try:
            launch = self._settings.launch()
        except UserError as error:
            return Status(State.FAILED, str(error))
        return Status(State.STOPPED if launch else State.NOT_INSTALLED)

    def is_outdated(self) -> bool:
        """Whether the installed backend is that of another version of the extension; asked while drawing."""
        if self._settings.executable:
            return False
        try:
            wheel = install.carried_wheel(self._settings.extension)
        except UserError:
            return False
        return install.is_outdated(self._settings.root, wheel)

    def health(self) -> dict[str, Any]:
        """What the server said about itself when it was connected; empty before."""
        return self._health

    def take_notices(self) -> list[str]:
        """What the user should hear, once."""
        with self._state:
            notices, self._notices = self._notices, []
        return notices

    @property
    def is_working(self) -> bool:
        """Whether something is being installed, verified or started."""
        return self._work is not None

    def client(self, may_start: bool | None = None) -> Client:
        """A connection to a living server, started where it must and may be (else as the settings say).

        Blocks while it starts. Raises UserError, Cancelled.
        """
        with self._connecting:
            with self._state:
                self._notice_end()
                if self._client is not None:
                    return self._client
            may = self._settings.automatic_start if may_start is None else may_start
            if not may and read_handshake(self._settings.root / DATA_FOLDER) is None:
                raise UserError("the server does not run: press Start in Chironomy's preferences")
            return self._connect()

    @contextlib.contextmanager
    def busy(self) -> Iterator[Client]:
        """A client for the length of a job."""
        client = self.client()
        with self._state:
            self._jobs += 1
        try:
            yield client
        except ServerGone:
            self._lost()
            raise
        finally:
            with self._state:
                self._jobs -= 1

    def start(self) -> None:
        """Starts the server in the background; `status` says how it goes."""
        self._in_background(lambda: self.client(may_start=True))

    def stop(self) -> bool:
        """Ends the server if this Blender started it (else only lets go of it); whether it was ended."""
        self._cancelled.set()
        return self._let_go()

    def _let_go(self) -> bool:
        with self._connecting:
            server, self._server = self._server, None
            with self._state:
                self._client, self._health, self._failure = None, {}, ""
            return server.stop() if server else False

    def leave(self) -> None:
        """At the end of Blender, or of the add-on. A server at work for another Blender ends with that one."""
        self._cancelled.set()
        self.join(_LEAVING_S)
        client = self._client
        if client is not None:
            with contextlib.suppress(UserError):
                health = Client(client.url, client._token, timeout_s=1.0).health()
                if health.get("jobs_running") or health.get("jobs_queued"):
                    return
        self.stop()

    def install(self, recipe: install.Recipe | None = None, wait: bool = False) -> None:
        """Installs, or repairs: a new environment takes the place of the old one when it is whole."""

        def work() -> None:
            settings = self._settings
            chosen = recipe or install.standard_recipe(install.carried_wheel(settings.extension), install.has_nvidia())
            self._let_go()
            install.install(settings.root, chosen, self._told(State.INSTALLING), self._cancelled)

        self._in_background(lambda: self._doing(State.INSTALLING, work), wait)

    def verify(self, wait: bool = False) -> None:
        """Checks what is installed; its faults become the state's reason, or a notice says that there are none."""

        def work() -> None:
            launch = self._required()
            log = self._settings.root / "verify.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            faults = install.verify(launch.executable, self._told(State.INSTALLING), self._cancelled, log)
            if faults:
                raise UserError(f"{faults[0]}: press Repair")
            self._note("The backend is installed whole")

        self._in_background(lambda: self._doing(State.INSTALLING, work), wait)

    def uninstall(self) -> None:
        """Takes the installed backend away; takes and models stay. Raises UserError."""
        self.stop()
        install.uninstall(self._settings.root)

    def cancel(self) -> None:
        """Ends what is being installed or started."""
        self._cancelled.set()

    def join(self, timeout_s: float | None = None) -> None:
        """Waits for what goes on in the background."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _connect(self) -> Client:
        connected: list[tuple[Client, dict[str, Any]]] = []

        def work() -> None:
            launch = self._required()
            if self._server is None or self._server.launch != launch:
                self._server = Server(launch)
            connected.append(self._server.connect(self._cancelled))

        self._doing(State.STARTING, work)
        client, health = connected[0]
        with self._state:
            self._client, self._health = client, health
        return client

    def _required(self) -> Launch:
        launch = self._settings.launch()
        if launch is None:
            raise UserError("the backend is not installed: install it in Chironomy's preferences")
        return launch

    def _doing(self, state: State, work: Callable[[], None]) -> None:
        """The state while `work` runs, and after it fails. Raises what it raises."""
        with self._state:
            if self._work is not None:
                raise UserError(f"the backend is {self._work.state.value.lower()}: wait, or cancel that")
            self._work, self._failure = Status(state), ""
            self._cancelled.clear()
        failure = ""
        try:
            work()
        except UserError as error:
            failure = str(error)
            raise
        except Cancelled:
            self._note("Cancelled")
            raise
        except Exception as error:
            failure = f"a defect of Chironomy's own: {error!r}"
            raise
        finally:
            with self._state:
                self._work, self._failure = None, failure

    def _told(self, state: State) -> Progress:
        def tell(stage: str, fraction: float) -> None:
            self._work = Status(state, stage, fraction)

        return tell

    def _in_background(self, work: Callable[[], object], wait: bool = False) -> None:
        """Runs `work` in a thread. Raises UserError where another is at work already."""
        if self._work is not None or (self._thread is not None and self._thread.is_alive()):
            raise UserError("the backend is being worked on already: wait, or cancel that")

        def run() -> None:
            with contextlib.suppress(UserError, Cancelled):  # they are the state's reason
                work()

        self._thread = threading.Thread(target=run, name="chironomy-backend", daemon=True)
        self._thread.start()
        while wait and self._thread.is_alive():
            self._thread.join(0.1)

    def _note(self, notice: str) -> None:
        with self._state:
            self._notices.append(notice)

    def _notice_end(self) -> None:
        """Under the lock: a server that has ended by itself is let go of, with a notice."""
        ending = self._server.ending() if self._server and self._client else None
        if ending:
            self._notices.append(f"The server has ended ({ending}); it starts again when it is needed")
            self._client, self._health = None, {}

    def _lost(self) -> None:
        """A call got no answer: the server is dead, or is asked again before the next use."""
        with self._state:
            if self._client is not None:
                self._notices.append("The server does not answer; it starts again when it is needed")
                self._client, self._health = None, {}


def default_executable() -> str:
    """For scripts and tests that have no preferences: the environment variable CHIRONOMY_EXECUTABLE."""
    return os.environ.get("CHIRONOMY_EXECUTABLE", "")

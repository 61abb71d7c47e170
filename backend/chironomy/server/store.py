"""What outlives the server: jobs in SQLite, results as files beside it.

A result is a file `results/<name>`, named by the hash of all that it was made from, and a row that says when it was
last asked for. A file comes into its place whole or not at all, and before its row; a job's row turns to "done" after
that. So whenever the server is killed, what is "done" is there, and what is not is made again. Files of one hash (a
take and its codes) belong together: they are kept at once, and go at once.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, document TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT, created REAL NOT NULL, changed REAL NOT NULL);
CREATE INDEX jobs_by_state ON jobs (state, created);
CREATE TABLE results (
    name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, used REAL NOT NULL, notices TEXT NOT NULL);
PRAGMA user_version = {_VERSION};
"""
_DATABASE = "jobs.sqlite"


@dataclass(frozen=True)
class Job:
    """All that is needed to do a job, also after a restart. Files lie in the job's folder."""

    id: str
    kind: str
    settings: dict[str, Any]
    """generator, model, settings, style, language, gestures, and a notice for the takes."""
    audio: str
    audio_name: str
    """The file in the job's folder, and what the user calls it."""
    transcript: str
    transcript_name: str
    words_id: str
    """Of the aligned words: results/<words_id>.json."""
    takes: tuple[tuple[str, int], ...] = ()
    """Id and seed of every take: results/<id>.npz."""

    @property
    def results(self) -> list[str]:
        """The names of all result files."""
        return [f"{self.words_id}.json", *(f"{take}.npz" for take, _ in self.takes)]


@dataclass(frozen=True)
class Stored:
    """A job with what became of it."""

    job: Job
    state: str
    attempts: int
    error: dict[str, Any] | None


class Store:
    """For one thread (the event loop's): every call takes well under a millisecond."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        self.jobs = folder / "jobs"
        self.incoming = folder / "incoming"
        self._database = _open(folder / _DATABASE)
        shutil.rmtree(self.incoming, ignore_errors=True)
        for place in (self.results, self.jobs, self.incoming):
            place.mkdir(mode=0o700, exist_ok=True)
        self._sweep()

    def close(self) -> None:
        """Nothing may be called after this."""
        self._database.close()

    def add(self, job: Job, state: str) -> None:
        """A new job."""
        now = time.time()
        values = (job.id, state, json.dumps(asdict(job)), now, now)
        with self._database as database:
            database.execute("INSERT INTO jobs (id, state, document, created, changed) VALUES (?, ?, ?, ?, ?)", values)

    def get(self, job_id: str) -> Stored | None:
        """A job by its id."""
        row = self._database.execute(
            "SELECT document, state, attempts, error FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        return None if row is None else _stored(row)

    def unfinished(self) -> list[Stored]:
        """Jobs that were queued or running when the server ended, the oldest first."""
        rows = self._database.execute(
            "SELECT document, state, attempts, error FROM jobs WHERE state IN ('queued', 'running') "
            "ORDER BY created, rowid"
        )
        return [_stored(row) for row in rows]

    def start(self, job_id: str) -> None:
        """The job is running now."""
        with self._database as database:
            database.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, changed = ? WHERE id = ?",
                (time.time(), job_id),
            )

    def finish(self, job_id: str, state: str, error: dict[str, Any] | None = None) -> None:
        """The job is done, failed or cancelled: its folder goes."""
        values = (state, json.dumps(error) if error else None, time.time(), job_id)
        with self._database as database:
            database.execute("UPDATE jobs SET state = ?, error = ?, changed = ? WHERE id = ?", values)
        shutil.rmtree(self.jobs / job_id, ignore_errors=True)

    def keep(self, job_id: str, notices: Mapping[str, Sequence[str]]) -> None:
        """Takes finished files in a job's folder over as results: their names, with what the user should know."""
        rows = []
        for name, lines in notices.items():
            path = self.results / name
            (self.jobs / job_id / name).replace(path)
            rows.append((name, path.stat().st_size, time.time(), json.dumps(list(lines))))
        with self._database as database:
            database.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)

    def result(self, name: str) -> Path | None:
        """The file of a result, which counts as used now."""
        path = self.results / name
        with self._database as database:
            found = database.execute("UPDATE results SET used = ? WHERE name = ?", (time.time(), name)).rowcount
        return path if found and path.is_file() else None

    def holds(self, names: Iterable[str]) -> bool:
        """Whether all these results are there; they count as used now."""
        return None not in [self.result(name) for name in names]

    def notices(self, names: Sequence[str]) -> tuple[str, ...]:
        """What the user should know about these results, without repetitions."""
        marks = ", ".join("?" * len(names))
        rows = self._database.execute(f"SELECT name, notices FROM results WHERE name IN ({marks})", names)  # noqa: S608
        by_name = {name: json.loads(notices) for name, notices in rows}
        return tuple(dict.fromkeys(notice for name in names for notice in by_name.get(name, ())))

    def clean(self, keep_s: float, keep_bytes: int) -> int:
        """Removes results that nobody asked for in so long, and the longest unused beyond so many bytes; how many."""
        rows = self._database.execute("SELECT name, bytes, used FROM results").fetchall()
        together: dict[str, list[tuple[str, int, float]]] = {}
        for row in rows:
            together.setdefault(_digest(row[0]), []).append(row)
        oldest, total, gone = time.time() - keep_s, 0, []
        for files in sorted(together.values(), key=_last_used, reverse=True):
            size = sum(size for _, size, _ in files)
            total += size
            if _last_used(files) < oldest or total > keep_bytes:
                gone += [name for name, _, _ in files]
                total -= size
        with self._database as database:
            database.executemany("DELETE FROM results WHERE name = ?", [(name,) for name in gone])
            database.execute(
                "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND changed < ?", (oldest,)
            )
        for name in gone:
            (self.results / name).unlink(missing_ok=True)
        return len(gone)

    def _sweep(self) -> None:
        """What a killed server left behind: files without a row, rows without a file."""
        names = {name for (name,) in self._database.execute("SELECT name FROM results")}
        files = {path.name: path for path in self.results.iterdir()}
        incomplete = {_digest(name) for name in names - files.keys()}
        whole = {name for name in names if _digest(name) not in incomplete}
        for name in files.keys() - whole:
            _remove(files[name])
        with self._database as database:
            database.executemany("DELETE FROM results WHERE name = ?", [(name,) for name in names - whole])
        alive = {stored.job.id for stored in self.unfinished()}
        for path in list(self.jobs.iterdir()):
            if path.name not in alive:
                _remove(path)


def _stored(row: Sequence[Any]) -> Stored:
    document, state, attempts, error = row
    fields = json.loads(document)
    fields["takes"] = tuple((take, seed) for take, seed in fields["takes"])
    return Stored(Job(**fields), state, attempts, json.loads(error) if error else None)


def _digest(name: str) -> str:
    """The hash that a result is named by."""
    return name.partition(".")[0]


def _last_used(files: Sequence[tuple[str, int, float]]) -> float:
    return max(used for _, _, used in files)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    """The database; a damaged one, or one of another version, is put aside: it holds nothing that cannot be remade."""
    try:
        return _connected(path)
    except sqlite3.DatabaseError:
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + ending).replace(path.with_name(f"damaged-{path.name}{ending}"))
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.executescript(_SCHEMA)
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"version {version}")
        if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except sqlite3.DatabaseError:
        database.close()
        raise
    path.chmod(0o600)
    return database

"""The server under load: jobs and cancels from several clients, kill -9, a thousand requests.

    python docs/bench/server.py [--write]

Prints a Markdown section; --write puts it into docs/benchmarks.md. Everything that must hold is checked on the way:
the script fails where a job is lost, a cancel is late or memory grows.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from stages import ROOT, machine, write_section

sys.path.insert(0, str(ROOT / "tests" / "server"))

from running_server import DEMO, SHORT_TEXT, RunningServer, is_alive, recording, wait_for

CLIENTS, JOBS, REQUESTS = 4, 50, 1000
CANCELS, KILLS, LONG_REPEATS = 10, 4, 8
SOON_S = 0.5
GROWTH_MB = 5.0
TEXT = DEMO.with_suffix(".txt").read_text(encoding="utf-8")
Rows = list[tuple[str, str]]


def measured(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def started(folder: Path) -> RunningServer:
    """A server that ends with this script, however that ends."""
    return RunningServer(folder, "--parent-pid", os.getpid())


def first_take(folder: Path) -> tuple[RunningServer, Rows]:
    """A server's start, the first take, and another seed of the same recording."""
    start_s, server = measured(lambda: started(folder))
    speech = recording(14.125)
    first_s, _ = measured(lambda: server.wait(server.submit(speech, text=TEXT)))
    second_s, _ = measured(lambda: server.wait(server.submit(speech, text=TEXT, seed=2)))
    stored_s, _ = measured(lambda: server.wait(server.submit(speech, text=TEXT, seed=2)))
    return server, [
        ("start until the first request is served", f"{start_s:.2f} s"),
        ("14 s of speech, first job of the worker", f"{first_s:.2f} s"),
        ("the same with another seed", f"{second_s:.2f} s"),
        ("the same again, from the store", f"{1000 * stored_s:.0f} ms"),
    ]


def many_jobs(server: RunningServer) -> Rows:
    """JOBS jobs from CLIENTS clients at once; every third is cancelled a moment later."""
    speech = recording(3.0)
    late: list[float] = []

    def client(number: int) -> Counter[str]:
        states: Counter[str] = Counter()
        chance = random.Random(number)  # noqa: S311
        jobs = []
        for seed in range(number, JOBS, CLIENTS):
            job = server.submit(speech, text="I never said that it would be easy.", seed=1000 + seed)
            if seed % 3 == 0:
                time.sleep(chance.uniform(0, 0.3))
                took_s, _ = measured(lambda job=job: server.http.delete(f"/jobs/{job}").raise_for_status())
                late.append(took_s)
            jobs.append(job)
        for job in jobs:
            done = wait_for(lambda job=job: ended(server, job), 300)
            states[done["state"]] += 1
            for take in done["takes"]:
                server.http.get(f"/takes/{take}").raise_for_status()
        return states

    with ThreadPoolExecutor(CLIENTS) as pool:
        took_s, counts = measured(lambda: sum(pool.map(client, range(CLIENTS)), Counter()))
    if set(counts) - {"done", "cancelled"} or counts.total() != JOBS:
        raise SystemExit(f"jobs were lost or failed: {counts}")
    shown = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return [
        (f"{JOBS} jobs of 3 s from {CLIENTS} clients, cancels among them", f"{shown}; {took_s:.1f} s"),
        ("longest answer to a cancel among them", f"{1000 * max(late):.0f} ms"),
    ]


def ended(server: RunningServer, job: str) -> dict[str, Any] | None:
    """The job's status, once it is finished."""
    status = server.status(job)
    return None if status["state"] in ("queued", "running") else status


def cancels(server: RunningServer) -> Rows:
    """Cancels at random moments of a long job: how long until the worker has begun with the next one."""
    speech, short = recording(LONG_REPEATS * 14.125), recording(3.0)
    chance, free_s, stages = random.Random(1), [], Counter()  # noqa: S311
    for number in range(CANCELS):
        job = server.submit(speech, text=LONG_REPEATS * TEXT, seed=2000 + number)
        following = server.submit(short, text=SHORT_TEXT, seed=3000 + number)
        wait_for(lambda job=job: server.status(job)["state"] == "running", 60)
        goal = chance.uniform(0.0, 0.97)
        before = wait_for(lambda job=job, goal=goal: (s := server.status(job))["fraction"] >= goal and s, 200)
        stages[before["stage"]] += 1
        began = time.perf_counter()
        server.http.delete(f"/jobs/{job}").raise_for_status()
        wait_for(lambda job=following: server.status(job)["state"] != "queued", 10, interval_s=0.002)
        free_s.append(time.perf_counter() - began)
        server.wait(following)
    if max(free_s) > SOON_S:
        raise SystemExit(f"a cancel took {max(free_s):.2f} s")
    shown = ", ".join(sorted(stages))
    return [
        (
            f"{CANCELS} cancels of a two-minute job ({shown}) until the worker is free",
            f"median {1000 * sorted(free_s)[len(free_s) // 2]:.0f} ms, longest {1000 * max(free_s):.0f} ms",
        )
    ]


def kills(folder: Path) -> Rows:
    """kill -9 at random moments with jobs queued: after the last restart every one of them is done."""
    server, chance, jobs = started(folder), random.Random(2), []  # noqa: S311
    speech = recording(14.125)
    for number in range(KILLS):
        jobs += [server.submit(speech, text=TEXT, seed=4000 + 3 * number + k) for k in range(3)]
        time.sleep(chance.uniform(0.1, 2.0))
        worker = server.worker()
        server.kill()
        if worker is not None:
            wait_for(lambda worker=worker: not is_alive(worker), 5)
        server = started(folder)
    states = Counter(server.wait(job, timeout_s=200)["state"] for job in jobs)
    left = list((folder / "jobs").iterdir())
    server.close()
    if states != {"done": 3 * KILLS} or left:
        raise SystemExit(f"after kill -9: {states}, left over: {left}")
    return [(f"{KILLS} times kill -9 with {3 * KILLS} jobs queued", "all done, nothing left over")]


def thousand_requests(server: RunningServer) -> Rows:
    """REQUESTS requests of all kinds, after a tenth of them for warming up: memory and open files of the server."""
    speech = recording(3.0)
    done = server.wait(server.submit(speech, text=SHORT_TEXT, seed=1))
    take, job = done["takes"][0], done["id"]
    kinds: list[Callable[[], Any]] = [
        lambda: server.http.get("/health"),
        lambda: server.http.get(f"/jobs/{job}"),
        lambda: server.http.get(f"/takes/{take}"),
        lambda: server.http.post(f"/takes/{take}/fuse", json={"sliders": {"1": 1.5}}),
        lambda: server.submit(speech, text=SHORT_TEXT, seed=1),
        lambda: server.http.get(f"/jobs/{job}/events"),
        lambda: server.http.get("/nowhere"),
        lambda: server.http.get("/health", headers={"Authorization": "Bearer wrong"}),
        lambda: server.http.post("/jobs", files={"request": (None, "{"), "audio": ("a.flac", speech)}),
        lambda: server.http.get(f"/jobs/{job}/words"),
    ]
    process = psutil.Process(server.process.pid)
    for number in range(REQUESTS // 10):
        kinds[number % len(kinds)]()
    before_mb, before_files = process.memory_info().rss / 1e6, process.num_fds()
    took_s, _ = measured(lambda: [kinds[number % len(kinds)]() for number in range(REQUESTS)])
    time.sleep(1)  # for connections that are just being closed
    after_mb, after_files = process.memory_info().rss / 1e6, process.num_fds()
    if after_mb - before_mb > GROWTH_MB or after_files > before_files:
        raise SystemExit(f"growth: {before_mb:.1f} → {after_mb:.1f} MB, {before_files} → {after_files} files")
    return [
        (f"{REQUESTS} requests of ten kinds", f"{took_s:.1f} s"),
        ("memory of the server before and after them", f"{before_mb:.1f} MB → {after_mb:.1f} MB"),
        ("open files of the server before and after them", f"{before_files} → {after_files}"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server, rows = first_take(folder / "one")
        for part in (many_jobs, cancels, thousand_requests):
            print(f"{(part.__doc__ or '').split(':')[0]} …", file=sys.stderr)
            rows += part(server)
        server.close()
        rows += kills(folder / "two")
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    text = f"{date.today()}, {machine()}. `python docs/bench/server.py --write`\n\n" + "\n".join(lines)
    print(text)
    if given.write:
        write_section("Server", text)


if __name__ == "__main__":
    main()

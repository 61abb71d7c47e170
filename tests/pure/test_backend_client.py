"""What the add-on's client makes of good answers, bad ones and none; no proxy is asked."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chironomy_blender.backend.client import Client, Refused, ServerGone
from chironomy_blender.core.errors import UserError

RUNNING = {
    "id": "a", "state": "running", "stage": "Aligning", "fraction": 0.5, "seconds_left": 2.0,
    "error": None, "takes": [], "notices": [],
}  # fmt: skip


@pytest.fixture
def server():
    """A server that gives `answers[path]` (status, type, body, seconds to wait) and keeps what it heard."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.append((self.command, self.path, dict(self.headers), body))
            status, kind, content, wait_s = answers.get(self.path, (404, "text/html", b"<h1>no</h1>", 0))
            time.sleep(wait_s)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    answers, heard = {}, []
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.answers, listening.heard = answers, heard
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def client(server, timeout_s=5.0):
    return Client(f"http://127.0.0.1:{server.server_port}", "secret", timeout_s)


def answer(document, status=200, kind="application/json", wait_s=0.0):
    return status, kind, json.dumps(document).encode(), wait_s


def test_every_request_carries_the_token_and_no_proxy_hears_it(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answers["/health"] = answer({"protocol": 1, "version": "0.1.0"})
    assert client(server).health()["version"] == "0.1.0"
    assert server.heard[0][2]["Authorization"] == "Bearer secret"


def test_a_problem_document_becomes_its_detail(server):
    problem = {"type": "about:blank", "title": "No", "status": 422, "detail": "there is no style “x”", "code": "style"}
    server.answers["/jobs/a"] = answer(problem, 422, "application/problem+json")
    with pytest.raises(Refused, match="there is no style") as raised:
        client(server).job("a")
    assert (raised.value.status, raised.value.code) == (422, "style")


def test_an_answer_that_is_no_problem_document_becomes_its_status(server):
    with pytest.raises(Refused, match="404"):
        client(server).words("a")


def test_a_server_that_hangs_is_given_up_after_the_timeout(server):
    server.answers["/health"] = answer({"protocol": 1}, wait_s=2)
    begun = time.monotonic()
    with pytest.raises(ServerGone, match="does not answer"):
        client(server, timeout_s=0.3).health()
    assert time.monotonic() - begun < 1.5


def test_a_server_that_is_not_there_is_said_to_be_gone(server):
    gone = Client("http://127.0.0.1:1", "secret")
    with pytest.raises(ServerGone, match="cannot be reached"):
        gone.health()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b'{"id": 1}'])
def test_an_answer_that_is_no_job_is_said_not_to_be_understood(server, content):
    server.answers["/jobs/a"] = (200, "application/json", content, 0)
    with pytest.raises(ServerGone, match="understood"):
        client(server).job("a")


def test_a_job_is_sent_with_its_files_streamed_after_the_request(server, tmp_path):
    audio = tmp_path / 'my "best" línea.wav'
    audio.write_bytes(bytes(range(256)) * 4000)
    server.answers["/jobs"] = answer({"id": "a1"}, 202)
    assert client(server).submit({"kind": "generate", "text": "hé"}, audio) == "a1"
    _, _, headers, body = server.heard[0]
    boundary = headers["Content-Type"].partition("boundary=")[2]
    _, request, file, end = body.split(f"--{boundary}".encode())
    assert json.loads(request.partition(b"\r\n\r\n")[2]) == {"kind": "generate", "text": "hé"}
    assert 'filename="my %22best%22 línea.wav"'.encode() in file
    assert file.partition(b"\r\n\r\n")[2] == audio.read_bytes() + b"\r\n"
    assert end == b"--\r\n"


def test_a_recording_that_is_missing_is_named(server, tmp_path):
    with pytest.raises(UserError, match=r"gone\.wav: cannot be read"):
        client(server).submit({}, tmp_path / "gone.wav")


def test_events_are_heard_until_the_job_is_finished(server):
    lines = b": still here\n\n" + b"".join(
        b"data: " + json.dumps({**RUNNING, "state": state}).encode() + b"\n\n" for state in ("running", "done")
    )
    server.answers["/jobs/a/events"] = (200, "text/event-stream", lines, 0)
    assert [job.state for job in client(server).events("a")] == ["running", "done"]


def test_stopping_to_wait_cancels_the_job(server):
    class Stop(Exception):
        pass

    def progress(_stage, _fraction):
        raise Stop

    server.answers["/jobs/a"] = answer(RUNNING)
    with pytest.raises(Stop):
        client(server).wait("a", progress)
    assert [method for method, *_ in server.heard] == ["GET", "DELETE"]


def test_emphasis_is_sent_as_the_server_reads_it(server):
    server.answers["/takes/t/fuse"] = (200, "application/x-npz", b"npz", 0)
    assert client(server).fuse("t", sliders={3: 1.5}) == b"npz"
    assert json.loads(server.heard[0][3]) == {"sliders": {"3": 1.5}}

"""Who is turned away, and how: always with a problem document, never with a traceback."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_server import SHORT_TEXT, RunningServer


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert set(document) == {"type", "title", "status", "detail", "code"}
    assert "\n" not in document["detail"]
    assert "Traceback" not in answer.text
    return document


def left_over(server: RunningServer) -> list[Path]:
    return [path for name in ("jobs", "incoming") for path in (server.folder / name).iterdir()]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x", "Bearer ü"])
@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/jobs/0123456789abcdef0123456789abcdef", "/nowhere"])
def test_without_the_token_nothing_is_told(server: RunningServer, path: str, header: str):
    value = header.format(token=server.handshake["token"]).encode()
    answer = httpx.get(server.handshake["url"] + path, headers={"Authorization": value}, trust_env=False)
    problem(answer, 401, "wrong_token")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}", ""])
def test_another_host_header_is_refused(server: RunningServer, host: str):
    port = httpx.URL(server.handshake["url"]).port
    problem(server.http.get("/health", headers={"Host": host.format(port=port)}), 403, "wrong_host")


def test_localhost_is_this_machine_too(server: RunningServer):
    port = httpx.URL(server.handshake["url"]).port
    assert server.http.get("/health", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_no_other_site_is_let_in_by_cors(server: RunningServer):
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (server.http.options("/jobs", headers=asking), server.http.get("/health", headers=asking)):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/takes/..%2f..%2fjobs.sqlite", "/takes/../jobs.sqlite", "/takes/%2e%2e/server.json", "/takes/..\\server",
        "/jobs/../../etc/passwd", "/takes/" + "a" * 31, "/takes/" + "A" * 32, "/takes//etc/passwd", "/jobs/%00",
    ],
)  # fmt: skip
def test_an_address_is_never_a_path(server: RunningServer, path: str):
    connection = http.client.HTTPConnection("127.0.0.1", httpx.URL(server.handshake["url"]).port)
    connection.request("GET", path, headers={"Authorization": f"Bearer {server.handshake['token']}"})
    answer = connection.getresponse()
    assert answer.status in (404, 422)
    assert json.loads(answer.read())["code"] in ("not_found", "invalid_request")
    connection.close()


@pytest.mark.parametrize(
    "name", ["../../evil.flac", "/etc/evil.flac", "..\\..\\evil.flac", "a\x00b.flac", ".", "x" * 900]
)
def test_an_uploaded_name_is_never_a_path(server: RunningServer, speech: bytes, name: str):
    before = {path.name for path in server.folder.parent.iterdir()}
    status = server.wait(server.submit(speech, name=name, text=SHORT_TEXT))
    assert len(status["takes"]) == 1
    assert {path.name for path in server.folder.parent.iterdir()} == before
    assert not list(server.folder.rglob("*evil*"))


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(server: RunningServer):
    head = (
        f"POST /jobs HTTP/1.1\r\nHost: {httpx.URL(server.handshake['url']).netloc.decode()}\r\n"
        f"Authorization: Bearer {server.handshake['token']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999999999\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", httpx.URL(server.handshake["url"]).port)) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_document_beyond_the_limit_is_refused_even_if_its_length_is_not_told(server: RunningServer):
    def endless():
        for _ in range(10):
            yield b" " * (1 << 20)

    url = f"/takes/{'0' * 32}/fuse"
    problem(server.http.post(url, content=endless(), headers={"Content-Type": "application/json"}), 413, "too_large")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"anything"),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="request"\r\n\r\n{}'),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=" + "y" * 1000, b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: " + b"y" * 99_999 + b"\r\n\r\n--x--"),
        ("application/json", b"{}"),
        ("text/plain", b"hello"),
    ],
)
def test_a_broken_upload_is_refused(server: RunningServer, content_type: str, body: bytes):
    answer = server.http.post("/jobs", content=body, headers={"Content-Type": content_type})
    assert 400 <= answer.status_code < 500
    problem(answer, answer.status_code, answer.json()["code"])
    assert left_over(server) == []


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({}, "words_missing"),
        ({"text": " "}, "words_missing"),
        ({"text": "a", "words": [{"text": "a", "start_s": 0, "end_s": 1}]}, "words_twice"),
        ({"text": "a", "seed": -1}, "invalid_request"),
        ({"text": "a", "seed": "1"}, "invalid_request"),
        ({"text": "a", "variations": 5}, "invalid_request"),
        ({"text": "a", "frames": [3, 9]}, "invalid_request"),
        ({"text": "a", "colour": "red"}, "invalid_request"),
        ({"text": "a", "generator": "magic"}, "unknown_generator"),
        ({"text": "a", "generator": "semtalk", "model": "nowhere"}, "no_weights"),
        ({"text": "a", "generator": "semtalk", "model": "../semtalk"}, "invalid_request"),
        ({"text": "a", "settings": {"temperature": 1.0}}, "unknown_setting"),
        ({"text": "a", "generator": "semtalk", "settings": {"temperature": {"a": 1}}}, "invalid_request"),
        ({"text": "a", "style": "../calm"}, "unknown_style"),
        ({"text": "a", "gestures": {"0": {"class": "moonwalk"}}}, "unknown_gesture_class"),
        ({"text": "a", "gestures": {"0": {"hand": "third"}}}, "invalid_request"),
        ({"text": "a", "gestures": {"0": {"size": 1.6}}}, "invalid_request"),
        ({"text": "a", "gestures": {"0": {"size": 0}}}, "invalid_request"),
        ({"text": "a", "gestures": {"0": {"speed": 2}}}, "invalid_request"),
        ({"text": "a", "gestures": {"first": {"hand": "left"}}}, "invalid_request"),
        ({"text": "a", "gesture_classes": {"0": "moonwalk"}}, "unknown_gesture_class"),
        ({"text": "a", "gesture_classes": {"0": "beat"}, "gestures": {"0": {"hand": "left"}}}, "invalid_request"),
        ({"words": [{"text": "a", "start_s": 0, "end_s": 1e9}]}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(server: RunningServer, speech: bytes, wishes: dict, code: str):
    files = {"request": (None, json.dumps(wishes)), "audio": ("a.flac", speech)}
    problem(server.http.post("/jobs", files=files), 422, code)
    assert left_over(server) == []


@pytest.mark.parametrize("path", ["/jobs", f"/takes/{'0' * 32}/fuse"])
def test_json_nested_too_deeply_is_told_so(server: RunningServer, path: str):
    deep = "[" * 100_000 + "]" * 100_000
    if path == "/jobs":
        answer = server.http.post(path, files={"request": (None, deep), "audio": ("a.flac", b"x")})
    else:
        answer = server.http.post(path, content=deep, headers={"Content-Type": "application/json"})
    assert "nested too deeply" in problem(answer, answer.status_code, answer.json()["code"])["detail"]
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "sent", [b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /%ff HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 99_999]
)
def test_what_is_no_http_gets_a_problem_document_and_the_connection_ends(server: RunningServer, sent: bytes):
    with socket.create_connection(("127.0.0.1", httpx.URL(server.handshake["url"]).port), 10) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
        assert json.loads(answer.read())["code"] == "bad_request"
        assert connection.recv(1) == b""


def test_a_request_without_a_recording_is_refused(server: RunningServer):
    answer = server.http.post("/jobs", files={"request": (None, json.dumps({"text": "a"}))})
    assert "recording" in problem(answer, 422, "audio_missing")["detail"]


def test_what_is_not_there_is_not_found(server: RunningServer):
    problem(server.http.get("/nowhere"), 404, "not_found")
    problem(server.http.get(f"/jobs/{'0' * 32}"), 404, "no_such_job")
    problem(server.http.get(f"/takes/{'0' * 32}"), 404, "no_such_take")
    problem(server.http.put("/health"), 405, "method_not_allowed")


def test_a_defect_of_ours_is_told_without_its_traceback(server: RunningServer, speech: bytes):
    jobs = server.folder / "jobs"
    jobs.rename(server.folder / "elsewhere")
    try:
        files = {"request": (None, json.dumps({"text": "a"})), "audio": ("a.flac", speech)}
        answer = server.http.post("/jobs", files=files)
        assert str(server.folder) not in answer.text
        problem(answer, 507, "disk")
    finally:
        (server.folder / "elsewhere").rename(jobs)

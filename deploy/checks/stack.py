"""An engine and a gateway, running, and requests that show in every metric."""

import contextlib
import http.client
import itertools
import json
import socket
import struct
import subprocess
import tempfile
import threading
import time
import zlib

from tree import BINARY

KEY = "a-key-for-checks"


@contextlib.contextmanager
def role(name, *flags):
    """A role on a free port, as its host and port, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [BINARY, name, "--listen", "127.0.0.1:0", "--log-format", "json", *flags], cwd=folder, env={},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        try:
            yield _listening(process)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _listening(process):
    for line in process.stdout:
        said = json.loads(line)
        if said["message"] == "listening":
            # Nobody else reads its log, and who writes to a full pipe waits.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            host, port = said["address"].rsplit(":", 1)
            return host, int(port)
    raise RuntimeError(f"{BINARY} ended before it listened")


def png(width, height):
    """A picture that becomes smaller."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes((x * 5 + y * 3 + c * 40 + (x * y) % 23) & 255 for x in range(width) for c in range(3))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    )


def form(picture):
    """A multipart body with a picture, and its content type."""
    body = (
        b'--0f1e2d\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        + picture + b"\r\n--0f1e2d--\r\n"
    )
    return body, "multipart/form-data; boundary=0f1e2d"


def ask(address, method, path, body=None, **headers):
    """The status and body of one answer, on a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def metrics_of_a_busy_stack():
    """The text of /metrics of an engine and of a gateway that have done all that they can do."""
    keys = ("--api-keys", f"check={KEY}", "--rate-limit-max", "40", "--max-connections-per-client", "2", "--result-cache", "9")
    nobody = f"127.0.0.1:{free_port()}"
    with role("engine") as engine, role(
        "gateway", "--engine-url", f"http://{engine[0]}:{engine[1]},http://{nobody}", "--redis-url", f"redis://{nobody}",
        "--otel-exporter-otlp-endpoint", f"http://{nobody}", *keys
    ) as gateway:
        sizes = itertools.count(16)

        def upload(key, **headers):
            # Another picture each time: what is remembered is not sent to an engine again.
            body, kind = form(png(64, next(sizes)))
            return ask(gateway, "POST", "/compress", body, content_type=kind, x_api_key=key, **headers)[0]

        _until(lambda: upload(KEY, idempotency_key="once") == 200, 1)
        # Engines are drawn by lot: before 30 draws of two, the one that nobody is was drawn and the upload moved on.
        _until(lambda: upload(KEY) == 200 and "gateway_engine_moved_total" in _metrics(gateway), 30)
        _until(lambda: upload("wrong") == 401, 1)
        _until(lambda: upload(KEY) == 429, 41)
        _one_connection_too_many(gateway)
        return {"engine": ask(engine, "GET", "/metrics")[1].decode(), "gateway": _metrics(gateway)}


def _until(done, tries):
    if not any(done() for _ in range(tries)):
        raise RuntimeError(f"it did not come about in {tries} tries")


def _one_connection_too_many(address):
    with contextlib.ExitStack() as open_connections:
        for _ in range(3):
            connection = open_connections.enter_context(socket.create_connection(address, timeout=30))
        connection.recv(1)  # the last one is told so


def _metrics(address):
    """Asked again until the connections that were given up have ended, for which there are places now."""
    deadline = time.monotonic() + 30
    while True:
        status, text = ask(address, "GET", "/metrics")
        if status == 200:
            return text.decode()
        if time.monotonic() > deadline:
            raise RuntimeError(f"/metrics answered {status}")


def series(text):
    """The labels of every metric in the text of /metrics, le among them: name → label → values."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition("{") if "{" in line else (line.split()[0], "", "")
            labels = found.setdefault(name, {})
            for pair in rest.rpartition("}")[0].split('",') if rest else []:
                label, _, value = pair.partition("=")
                labels.setdefault(label, set()).add(value.strip('"'))
    return found

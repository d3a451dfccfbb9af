"""imgpress behind a real nginx, with the configuration of deploy/proxy: TLS, large uploads, addresses, refusals."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import zlib

from stack import KEY, form, free_port, png, role
from tree import ROOT

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
# What is around conf.d on a real machine, in one process and within one folder.
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/imgpress.conf;
}}
"""
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=images.example.com",
               "-addext", "subjectAltName=DNS:images.example.com"]


class Proxy:
    """nginx in front of a service. The client trusts its certificate and knows it by its public name."""

    def __init__(self, stack, folder, port):
        self.folder, self.port, self.plain_port = pathlib.Path(folder), port, free_port()
        self.base = f"https://images.example.com:{port}"
        files = ["-keyout", self.folder / "key", "-out", self.folder / "certificate"]
        subprocess.run([*CERTIFICATE, *files], check=True, capture_output=True, timeout=60)
        self.tls = ssl.create_default_context(cafile=self.folder / "certificate")
        self.stack = stack

    def lead_to(self, address):
        changes = {
            "127.0.0.1:3000": f"{address[0]}:{address[1]}", "listen 443": f"listen 127.0.0.1:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}", "/etc/ssl/imgpress.crt": f"{self.folder}/certificate",
            "/etc/ssl/imgpress.key": f"{self.folder}/key",
        }
        text = (ROOT / "deploy/proxy/nginx.conf").read_text()
        for theirs, ours in changes.items():
            if theirs not in text:
                raise RuntimeError(f"deploy/proxy/nginx.conf has no {theirs}")
            text = text.replace(theirs, ours)
        (self.folder / "imgpress.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(AROUND.format(folder=self.folder))
        process = subprocess.Popen(
            [NGINX, "-c", self.folder / "nginx.conf", "-p", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(ConnectionError):
                socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "error.log").read_text())

    def ask(self, method, path, body=None, client="127.0.0.1", **headers):
        """One answer. A client that is refused while it sends reads what it was told."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(client, 0))
        with self.tls.wrap_socket(plain, server_hostname="images.example.com") as secure:
            connection = http.client.HTTPConnection("images.example.com", timeout=60)
            connection.sock = secure
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = http.client.HTTPResponse(secure, method=method)
            answer.begin()
            return answer, answer.read()

    def upload(self, picture, path="/compress?effort=fast", key=KEY, **options):
        body, kind = form(picture)
        return self.ask("POST", path, body, content_type=kind, x_api_key=key, **options)


def large():
    """A PNG of 20 MB that takes no time to make: a small picture, and a chunk that every reader passes over."""
    start, end = png(64, 64)[:-12], png(64, 64)[-12:]
    return start + chunk(b"prVt", b"\0" * 20_000_000) + end


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


@unittest.skipUnless(NGINX, "nginx is not installed")
class Behind(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def proxy(self, name, *flags):
        """nginx in front of a role that is told of it."""
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        proxy = Proxy(self.stack, folder, free_port())
        told = ("--api-keys", f"check={KEY}", "--trusted-proxies", "127.0.0.1", "--public-url", proxy.base)
        proxy.lead_to(self.stack.enter_context(role(name, *told, *flags)))
        return proxy

    def refused(self, answer, body, status, code):
        self.assertEqual(answer.status, status, body)
        self.assertEqual(answer.getheader("content-type"), "application/json; charset=utf-8")
        self.assertEqual(json.loads(body)["code"], code)

    def test_20_megabytes_go_through_and_come_back_by_the_public_url(self):
        proxy = self.proxy("serve")
        answer, body = proxy.upload(large())
        self.assertEqual(answer.status, 200, body)
        receipt = json.loads(body)
        self.assertGreater(receipt["original"]["bytes"], 20_000_000)
        self.assertTrue(receipt["url"].startswith(f"{proxy.base}/files/"), receipt["url"])
        answer, stored = proxy.ask("GET", receipt["url"].removeprefix(proxy.base))
        self.assertEqual(hashlib.sha256(stored).hexdigest(), receipt["sha256"])
        self.assertEqual(len(answer.headers.get_all("strict-transport-security")), 1)

    def test_each_client_has_its_own_rate_limit_and_cannot_name_itself(self):
        proxy = self.proxy("serve", "--rate-limit-max", "9")
        left = [
            proxy.upload(png(8, 8), client=client, **forged)[0].getheader("x-ratelimit-remaining")
            for client, forged in (
                ("127.0.0.2", {}), ("127.0.0.2", {"x_forwarded_for": "192.0.2.7"}), ("127.0.0.3", {}),
                ("127.0.0.2", {"forwarded": "for=192.0.2.8"}),
            )
        ]
        self.assertEqual(left, ["8", "7", "8", "6"])

    def test_an_upload_that_is_too_large_reads_why(self):
        proxy = self.proxy("serve", "--max-upload-bytes", "1MiB")
        self.refused(*proxy.upload(large()), 413, "upload-too-large")

    def test_a_wrong_key_is_told_while_20_megabytes_are_on_their_way(self):
        self.refused(*self.proxy("serve").upload(large(), key="wrong"), 401, "unauthorized")

    def test_without_an_engine_the_client_reads_when_to_come_again(self):
        answer, body = self.proxy("gateway", "--engine-url", f"http://127.0.0.1:{free_port()}").upload(png(8, 8))
        self.refused(answer, body, 503, "engine-unavailable")
        self.assertIsNotNone(answer.getheader("retry-after"))

    def test_plain_http_leads_to_tls(self):
        proxy = self.proxy("serve")
        connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/docs/", headers={"host": "images.example.com"})
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("location")), (308, "https://images.example.com/docs/"))


if __name__ == "__main__":
    unittest.main()

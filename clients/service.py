"""The binary under test, running, and pictures to send to it."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import threading
import zlib

KEY = "a-key-for-clients"
BINARY = os.environ["IMGPRESS_BINARY"]


class Service:
    """A service in an empty folder on a free port, until it is stopped."""

    def __init__(self, *flags):
        self.folder = tempfile.mkdtemp(prefix="imgpress-clients-")
        arguments = ["serve", "--api-keys", f"test={KEY}", "--listen", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(
            [BINARY, *arguments], cwd=self.folder, env={}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for line in self.process.stdout:
            said = json.loads(line)
            if said["message"] == "listening":
                self.url = f"http://{said['address']}"
                # Nobody else reads its log, and who writes to a full pipe waits.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        self.stop()
        raise RuntimeError(f"{BINARY} ended before it listened")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder)


class S3:
    """A real S3 server with one bucket, until it is stopped."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.path.join(os.environ["IMGPRESS_EXAMPLES"], "s3_server")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.url, self.bucket, self.key_id, self.secret = (
            self.process.stdout.readline().strip() for _ in range(4)
        )

    def stop(self):
        self.process.communicate()


def png(width, height, pixel):
    """A PNG whose pixels, red, green, blue and perhaps alpha, a function of column and row gives."""
    channels = len(pixel(0, 0))
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in pixel(x, y)) for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    )


def photo(width, height):
    """Soft shapes and some grain: something that every format makes smaller."""
    return png(width, height, lambda x, y: (x * 255 // width, y * 255 // height, (x * y * 7 + x) % 23 + 90))


def see_through(width, height):
    """Half of it transparent."""
    return png(width, height, lambda x, y: (200, 30, 30, 255 if x < width // 2 else 0))

"""Stores an image smaller, and prints its URL.

IMGPRESS_URL=http://127.0.0.1:3000 IMGPRESS_KEY=… python examples/compress.py photo.png
"""

import os
import sys

import requests

with open(sys.argv[1], "rb") as image:
    response = requests.post(
        f"{os.environ['IMGPRESS_URL']}/compress",
        headers={"x-api-key": os.environ["IMGPRESS_KEY"]},
        params={"quality": 75, "format": "webp"},
        files={"image": image},
        timeout=60,
    )
answer = response.json()
if not response.ok:
    sys.exit(f"{answer['code']}: {answer['message']} ({answer['requestId']})")
print(answer["url"])

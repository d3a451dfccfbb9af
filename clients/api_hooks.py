"""What Schemathesis sends in place of what it would make up: pictures, which no made-up bytes are, and a key that is stored."""

import itertools
import os
import re
import sys
import uuid

import schemathesis
from schemathesis.transport.serialization import Binary

sys.path.insert(0, os.path.dirname(__file__))

from service import png  # noqa: E402

PICTURES = itertools.cycle(
    png(width, height, lambda x, y: (x % 256, 3 * y % 256, 40)) for width, height in [(1, 1), (40, 30), (200, 3)]
)

# Sides of these pictures may be as long as the document says, but not both of them: the limit on pixels is not in it.
LARGEST_SIDE = 500


# Where they are made, not where they are sent: a case that is changed later is judged anew, and its files as no strings.


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and isinstance(body.get("image"), Binary):
        body["image"] = Binary(next(PICTURES))
    return body


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if isinstance(path_parameters, dict) and isinstance(path_parameters.get("key"), str):
        path_parameters["key"] = os.environ["STORED_KEY"]
    return path_parameters


@schemathesis.hook
def map_headers(context, headers):
    # A name belongs to one request: sent with another, it is refused.
    for name in list(headers or ()):
        if name.lower() == "idempotency-key" and re.fullmatch("[!-~]{1,255}", str(headers[name])):
            headers[name] = str(uuid.uuid4())
    return headers


@schemathesis.hook
def map_query(context, query):
    if not isinstance(query, dict):
        return query
    for side in ("width", "height"):
        if isinstance(query.get(side), int) and query[side] > LARGEST_SIDE:
            query[side] = LARGEST_SIDE
    if query.get("format") == "jxl":
        # The document is the gateway's, and only an engine that was built so writes JPEG XL.
        query["format"] = "webp"
    if query.get("lossless") in ("near", "true"):
        # Of a PNG, a JPEG and an AVIF lose something always.
        query["format"] = "webp"
    return query

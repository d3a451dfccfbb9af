"""Holds the document of the API against the running service, by Schemathesis: made-up requests, right and wrong."""

import json
import os
import subprocess
import sys
import urllib.request

from service import KEY, Service, png

# What is looked at in every answer. All that there are, but those for operations that make and delete resources.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,positive_data_acceptance,missing_required_header,"
    "unsupported_method,allow_header_conformance,ignored_auth"
)


def stored_key(service):
    boundary = "0f1e2d"
    body = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n'.encode()
        + png(8, 8, lambda x, y: (9 * x, 9 * y, 0))
        + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {"x-api-key": KEY, "content-type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(f"{service.url}/compress?store=true&effort=fast", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["key"]


def main():
    service = Service("--rate-limit-max", "1000000")
    try:
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "api_hooks.py", "STORED_KEY": stored_key(service)}
        command = [
            os.path.join(os.path.dirname(sys.executable), "st"), "run", f"{service.url}/openapi.json",
            "--header", f"x-api-key: {KEY}", "--checks", CHECKS, "--phases", "coverage,fuzzing",
            "--max-examples", "100", "--seed", "1", "--request-timeout", "30",
            "--warnings", "off", "--no-color",
        ]
        return subprocess.run(command, env=environment, timeout=300).returncode
    finally:
        service.stop()


if __name__ == "__main__":
    sys.exit(main())

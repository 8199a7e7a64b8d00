"""The smallest app there is (WSGI, PEP 3333)."""

import json
import os

with open("data.json", encoding="utf-8") as file:  # relative to this folder
    GREETINGS = json.load(file)


def app(environ, start_response):
    name = environ["PATH_INFO"].strip("/").encode("latin-1").decode("utf-8", "replace") or "world"
    language = environ.get("HTTP_ACCEPT_LANGUAGE", "en")[:2].lower()
    greeting = GREETINGS.get(language, GREETINGS["en"])
    body = f"{greeting}, {name}{os.environ.get('HELLO_MARK', '.')}\n".encode()
    start_response("200 OK", [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Vary", "Accept-Language"),
    ])
    return [body]

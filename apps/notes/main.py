"""A notebook on sqlite (WSGI). Same module names as the app next door, other content."""

from http import HTTPStatus
from urllib.parse import parse_qs

import views
from models import Notebook

notebook = Notebook.open()

MAX_FORM = 64 * 1024


class Redirect(Exception):
    def __init__(self, location):
        self.location = location


class Refused(Exception):
    def __init__(self, status):
        self.status = status


def app(environ, start_response):
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), *views.SECURITY]
    try:
        status, page = HTTPStatus.OK, respond(environ)
    except Redirect as redirect:
        # Post/redirect/get: a reload of the page must not post again.
        status, page = HTTPStatus.SEE_OTHER, ""
        headers.append(("Location", environ.get("SCRIPT_NAME", "") + redirect.location))
    except Refused as refused:
        status, page = refused.status, views.refusal(refused.status)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "GET, HEAD, POST"))
    body = page.encode()
    headers.append(("Content-Length", str(len(body))))
    start_response(f"{status.value} {status.phrase}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def respond(environ):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"] or "/"
    base = environ.get("SCRIPT_NAME", "")
    if path not in ("/", "/add", "/delete"):
        raise Refused(HTTPStatus.NOT_FOUND)
    if path == "/":
        if method not in ("GET", "HEAD"):
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        query = parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0].strip()
        return views.index(base, notebook.search(query), query)
    if method != "POST":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
    form = read_form(environ)
    if path == "/add":
        text = form.get("text", "").strip()
        if not text:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY)
        notebook.add(text)
    else:
        number = form.get("id", "")
        if not number.isascii() or not number.isdigit() or not notebook.delete(int(number)):
            raise Refused(HTTPStatus.NOT_FOUND)
    raise Redirect("/")


def read_form(environ):
    # Another site's form must not write here; browsers say where a request comes from.
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        raise Refused(HTTPStatus.FORBIDDEN)
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST) from None
    if length > MAX_FORM:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = environ["wsgi.input"].read(length).decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(body).items()}

"""A router in one page: templates, 404, 405 with Allow, HEAD, problems as JSON (RFC 9457)."""

import json
import re
from http import HTTPStatus
from urllib.parse import parse_qs

MAX_BODY = 1024 * 1024


class Problem(Exception):
    def __init__(self, status, detail="", headers=()):
        super().__init__(detail)
        self.status, self.detail, self.headers = HTTPStatus(status), detail, list(headers)


class Request:
    def __init__(self, environ, variables):
        self.environ, self.variables = environ, variables
        self.base = environ.get("SCRIPT_NAME", "")
        self.query = {k: v[-1] for k, v in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).items()}

    def json(self):
        media = self.environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
        if media != "application/json":
            raise Problem(415, "Send application/json.")
        try:
            length = int(self.environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            raise Problem(400, "Content-Length is not a number.") from None
        if length > MAX_BODY:
            raise Problem(413, f"A body may have {MAX_BODY} bytes.")
        try:
            return json.loads(self.environ["wsgi.input"].read(length))
        except (ValueError, RecursionError) as error:
            raise Problem(400, f"Not JSON: {error}") from None

    def integer(self, name, default, low, high):
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise Problem(400, f"{name} must be a whole number from {low} to {high}.")
        return int(text)


class Response:
    def __init__(self, data, status=200, headers=()):
        self.data, self.status, self.headers = data, HTTPStatus(status), list(headers)


class Router:
    def __init__(self):
        self.routes = []

    def add(self, method, template, view):
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
        self.routes.append((method, template, pattern, view))

    def __call__(self, environ, start_response):
        media = "application/json"
        try:
            response = self.dispatch(environ)
        except Problem as problem:
            media = "application/problem+json"
            body = {"type": "about:blank", "title": problem.status.phrase, "status": problem.status.value}
            if problem.detail:
                body["detail"] = problem.detail
            response = Response(body, problem.status, problem.headers)
        headers = list(response.headers)
        body = b""
        if response.status != HTTPStatus.NO_CONTENT:
            body = json.dumps(response.data, indent=2, ensure_ascii=False).encode() + b"\n"
            headers += [("Content-Type", media), ("Content-Length", str(len(body)))]
        start_response(f"{response.status.value} {response.status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def dispatch(self, environ):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"] or "/"
        allowed = set()
        for route_method, _, pattern, view in self.routes:
            if match := pattern.fullmatch(path):
                if method == route_method or (method, route_method) == ("HEAD", "GET"):
                    return view(Request(environ, match.groupdict()))
                allowed.add(route_method)
        if not allowed:
            raise Problem(404, "There is nothing here; GET / lists what there is.")
        if "GET" in allowed:
            allowed.add("HEAD")
        raise Problem(405, headers=[("Allow", ", ".join(sorted(allowed)))])

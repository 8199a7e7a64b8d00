"""The apps that are measured: one folder each, module `main`, attribute `app`. A peer and the gateway run the same files."""
import pathlib

ASGI_GUARD = """    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
"""

APPS = {
    "wsgi": '''
def app(environ, start_response):
    body = b'{"hello":"world"}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
''',
    "asgi": f'''
async def app(scope, receive, send):
{ASGI_GUARD}    body = b'{{"hello":"world"}}'
    await send({{"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]}})
    await send({{"type": "http.response.body", "body": body}})
''',
    "flask": '''
from flask import Flask, jsonify
app = Flask(__name__)

@app.get("/")
def index():
    return jsonify(hello="world")
''',
    "fastapi": '''
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
async def index():
    return {"hello": "world"}
''',
    "django": '''
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="bench", MIDDLEWARE=[
    "django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"])
urlpatterns = [path("", lambda request: JsonResponse({"hello": "world"}))]
app = get_wsgi_application()
''',
    "wsgi-bodies": '''
DOWN = {"/10k": b"x" * 10_000, "/1m": b"x" * 1_000_000}

def app(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        size = 0
        while chunk := environ["wsgi.input"].read(65536):
            size += len(chunk)
        body = str(size).encode()
    else:
        body = DOWN[environ["PATH_INFO"]]
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
''',
    "asgi-bodies": f'''
DOWN = {{"/10k": b"x" * 10_000, "/1m": b"x" * 1_000_000}}

async def app(scope, receive, send):
{ASGI_GUARD}    if scope["method"] == "POST":
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        body = str(size).encode()
    else:
        body = DOWN[scope["path"]]
    await send({{"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]}})
    await send({{"type": "http.response.body", "body": body}})
''',
    "wsgi-wait": '''
import time

def app(environ, start_response):
    time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
''',
    "asgi-wait": f'''
import asyncio

async def app(scope, receive, send):
{ASGI_GUARD}    await asyncio.sleep(0.01)
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")]}})
    await send({{"type": "http.response.body", "body": b"ok"}})
''',
    "echo": '''
async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": message["bytes"]})
''',
}


def write(root):
    """A folder per app below root."""
    for name, source in APPS.items():
        folder = pathlib.Path(root) / name
        folder.mkdir()
        (folder / "main.py").write_text(source.lstrip())

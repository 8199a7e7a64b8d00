"""A process that serves one app: what holds for all of it is done."""
import os

os.environ["SNAKEHOST_TEST_ALONE"] = "1"

import faulthandler
import locale
import resource
import subprocess
import sys
import tracemalloc

from support import FOLDER, TenantTest, can_import

ANSWERS = """
import os, sys, _thread, time
sys.path.insert(0, os.path.dirname({folder!r}))
import snakehost
from snakehost import greenlets, wsgi
lines, answers = [], []
snakehost.install(lambda id, stream, line, trace: lines.append(line), is_alone=True)
start, allocate = _thread.start_new_thread, _thread.allocate_lock

def say(*words):
    os.write(1, " ".join(map(str, words)).encode())

def respond(id, body):
    answers.append(body.decode())

def run():
    generation = snakehost.Generation("a", {directory!r})
    generation.enter()
    try:
        app = snakehost.load(generation, "main:app", "auto")[0]
    except snakehost.LoadError as error:
        generation.dispose()
        return say(error)
    native = dict.fromkeys(("start", "write", "send_file", "finish", "taken", "note"), lambda *args: 0)
    native.update(respond=respond, read=lambda id, size: b"", fail=lambda id, error: say(error) or True)
    handle = wsgi.bind(app, native)
    done = []
    for number in range(3):
        lock = allocate()
        lock.acquire()
        done.append(lock)
        def answer(number=number, lock=lock):
            generation.enter()
            handle(dict(NUMBER=number), number, True if number else None, None)
            lock.release()
        start(answer, ())
    for lock in done:
        lock.acquire()
    generation.dispose()
    say(*sorted(answers), *lines)

ended = allocate()
ended.acquire()
start(lambda: (run(), ended.release()), ())
ended.acquire()
os._exit(0)  # as the gateway does
"""


class OwnProcessTest(TenantTest):
    def test_settings_of_the_process_are_the_apps(self):
        self.write("a", main="""
            import locale, resource, tracemalloc
            def who():
                soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
                resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
                locale.setlocale(locale.LC_ALL, locale.setlocale(locale.LC_ALL))
                tracemalloc.start()
                return tracemalloc.is_tracing()
            """)
        self.addCleanup(tracemalloc.stop)
        self.assertEqual([True], self.each([self.generation("a")], "who"))
        self.assertEqual([], self.lines(), "there is nobody to be told about")
        self.assertEqual("setrlimit", resource.setrlimit.__name__)
        self.assertFalse(hasattr(locale.setlocale, "__wrapped__"))

    def test_crashes_are_told_where_the_app_wants_them(self):
        if not faulthandler.is_enabled():
            faulthandler.enable.__wrapped__()
            self.addCleanup(faulthandler.disable.__wrapped__)
        self.write("a", main=f"""
            import faulthandler
            def who():
                faulthandler.enable()
                faulthandler.enable(file=told)
                return faulthandler.disable()
            told = open({os.path.join(self.root, "crash.txt")!r}, "w")
            """)
        self.assertEqual([True], self.each([self.generation("a")], "who"))
        self.assertEqual(["snakehost: faulthandler.disable() is ignored: it is enabled for the whole process"], self.lines())

    def answers(self, patch, main):
        directory = self.write("a", main=patch + main)
        told = subprocess.run([sys.executable, "-W", "ignore", "-X", "faulthandler", "-c", ANSWERS.format(folder=FOLDER, directory=directory)], capture_output=True, text=True, timeout=60)
        self.assertEqual("", told.stderr)
        return told.stdout.strip()

    def test_an_app_that_patches_answers_by_greenlets_of_one_thread(self):
        for package, call, spawn in (("gevent", "from gevent import monkey\nmonkey.patch_all()\n", "from gevent import spawn"), ("eventlet", "import eventlet\neventlet.monkey_patch()\n", "from eventlet import spawn")):
            if not can_import(package):
                continue
            main = f"""
import _thread, atexit, queue, socket, threading, time
{spawn}
waiting = threading.Barrier(3)
ticks = queue.Queue()
def background():
    while True:
        time.sleep(0.001)
        ticks.put(1)
spawn(background)
atexit.register(lambda: print("at exit", threading.local.__module__.partition(".")[0]))
def app(environ, start_response):
    waiting.wait(30)
    ticks.get(timeout=30)
    assert environ["wsgi.input"].read() == b""
    start_response("200 OK", [])
    return [f"{{environ['NUMBER']}}-{{socket.socket.__module__.partition('.')[0]}}".encode()]
"""
            with self.subTest(package):
                self.assertEqual(f"0-{package} 1-{package} 2-{package} at exit {package}", self.answers(call, main))
            with self.subTest(package, caught=True):
                caught = "try:\n    " + call.replace("\n", "\n    ").strip() + "\nexcept BaseException:\n    pass\n"
                self.assertEqual(f"0-{package} 1-{package} 2-{package} at exit {package} at exit {package}", self.answers(caught, main))
            with self.subTest(package, app="asgi"):
                self.assertIn(f"the app calls {package}'s monkey patch, and is an ASGI app", self.answers(call, "async def app(scope, receive, send): pass"))
            with self.subTest(package, when="late"):
                late = "def app(environ, start_response):\n    try:\n" + "\n".join("        " + line for line in call.strip().split("\n")) + \
                    "\n    except RuntimeError as error:\n        start_response('200 OK', [])\n        return [str(error).encode()]\n"
                self.assertEqual(3, self.answers("", late).count("is called too late"))

"""A process that serves one app: what holds for all of it is done."""
import os

os.environ["SNAKEHOST_TEST_ALONE"] = "1"

import locale
import resource
import subprocess
import sys
import tracemalloc

from support import FOLDER, TenantTest, can_import

PATCHES = """
import os, sys
sys.path.insert(0, os.path.dirname({folder!r}))
import snakehost
lines = []
snakehost.install(lambda id, stream, line, trace: lines.append(line), is_alone=True)
generation = snakehost.Generation("a", {directory!r})
print(*generation.run(snakehost.load, generation, "main:app")[0](None, None), *lines)
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

    def test_gevent_and_eventlet_patch_it(self):
        for package, call in (("gevent", "from gevent import monkey\nmonkey.patch_all()"), ("eventlet", "import eventlet\neventlet.monkey_patch()")):
            if not can_import(package):
                continue
            directory = self.write("a", main=f"""
                {call.replace(chr(10), chr(10) + ' ' * 16)}
                import socket, time
                def app(environ, start_response):
                    time.sleep(0.01)
                    return [socket.socket.__module__.partition(".")[0]]
                """)
            with self.subTest(package):
                told = subprocess.run([sys.executable, "-c", PATCHES.format(folder=FOLDER, directory=directory)], capture_output=True, text=True, timeout=60)
                self.assertEqual((package, ""), (told.stdout.strip(), told.stderr))

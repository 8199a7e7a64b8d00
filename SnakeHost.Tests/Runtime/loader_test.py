import os
import sys

from support import TenantTest, snakehost

WSGI = "def app(environ, start_response): return ['{name}']"


class LoaderTest(TenantTest):
    def load(self, files, app="auto", interface="auto", name="site"):
        self.write_files(name, files)
        generation = self.generation(name)
        return snakehost.load(generation, app, interface)

    def refused(self, files, app, *parts):
        with self.assertRaises(snakehost.AppNotFound) as caught:
            self.load(files, app)
        for part in parts:
            self.assertIn(part, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def test_references(self):
        files = {"main.py": f"""
            {WSGI}
            class Holder: inner = staticmethod(app)
            def make(): return app
            """, "pkg/__init__.py": "", "pkg/web.py": WSGI}
        for reference in ("main:app", "main:make()", "main:Holder.inner", "pkg.web:app"):
            app, kind, chosen = self.load(files, reference)
            self.assertEqual((["site"], "wsgi", reference), (app({}, None), kind, chosen))

    def test_two_tenants_load_side_by_side(self):
        tenants = self.pair(main=WSGI)
        self.assertEqual([["a"], ["b"]], [snakehost.load(t, "main:app", "auto")[0]({}, None) for t in tenants])

    def test_guesses(self):
        application = WSGI.replace("app", "application")
        factory = f"def create_app():\n    {WSGI}\n    return app"
        for name, files, expected in (
                ("one", {"main.py": WSGI}, "main:app"), ("two", {"app.py": application}, "app:application"),
                ("three", {"asgi.py": "async def app(scope, receive, send): ..."}, "asgi:app"),
                ("four", {"wsgi.py": factory}, "wsgi:create_app()"), ("five", {"five.py": WSGI}, "five:app"),
                ("six", {"main.py": "", "app.py": WSGI}, "app:app"), ("seven", {"app/__init__.py": WSGI}, "app:app"),
                ("eight", {"app/__init__.py": "", "app/app.py": "", "wsgi.py": WSGI}, "wsgi:app")):
            with self.subTest(name):
                self.assertEqual(expected, self.load(files, name=name)[2])

    def test_a_django_project_is_found_by_its_manage_py(self):
        for settings, package in (("mysite.settings", "mysite"), ("conf.mysite.settings.local", "conf.mysite")):
            folder = package.replace(".", "/")
            for call in (f"os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')",
                         f"os.environ['DJANGO_SETTINGS_MODULE'] = '{settings}'"):
                with self.subTest(settings, call=call):
                    files = {"manage.py": f"import os\ndef main():\n    {call}\nmain()", f"{folder}/__init__.py": "",
                             f"{folder}/wsgi.py": WSGI.replace("app", "application")}
                    self.assertEqual(f"{package}.wsgi:application", self.load(files, name=package.replace(".", ""))[2])

    def test_failures_are_one_clear_sentence(self):
        self.refused({}, "auto", "main, app, asgi, wsgi, site", "manage.py", "create_app()", self.root)
        self.refused({"main.py": ""}, "auto", "main", "no app, application or create_app()")
        self.refused({"main.py": WSGI}, "mian:app", "'mian'", "did you mean main?", "mian:app")
        self.refused({"main.py": WSGI}, "main:application_", "no attribute 'application_'", "main.py")
        self.refused({"main.py": WSGI}, "main:ap", "did you mean app?")
        self.refused({"main.py": WSGI}, "main.deep:app", "'main.deep'")
        self.refused({"main.py": "app = 1"}, "main:app", "an int", "cannot be called")
        self.refused({"main.py": "def make(): return 'x'"}, "main:make()", "a str", "cannot be called")
        self.refused({"main.py": "async def make(): pass"}, "main:make()", "coroutine")
        for nonsense in ("main", "main:", ":app", "main:app(1)", "../main:app", "main:app;x", "", "1a:b", "main app"):
            self.refused({}, nonsense, "module:attribute")
        self.assertRaises(ValueError, self.load, {"main.py": WSGI}, "main:app", "cgi")

    def test_what_fails_inside_the_app_keeps_its_own_error(self):
        for source, error in (("import missing_thing", ModuleNotFoundError), ("import main.sub", ModuleNotFoundError),
                              ("1 / 0", ZeroDivisionError), ("def (", SyntaxError), ("import sys; sys.exit(3)", SystemExit)):
            for reference in ("main:app", "auto"):
                with self.subTest(source, reference=reference), self.assertRaises(error):
                    self.load({"main.py": source}, reference)

    def test_the_interface_is_taken_as_given(self):
        self.assertEqual("asgi", self.load({"main.py": "def app(scope, receive, send): ..."}, "main:app", "asgi")[1])
        self.assertEqual("wsgi", self.load({"main.py": "async def app(a, b, c): ..."}, "main:app", "wsgi")[1])

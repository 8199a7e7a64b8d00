"""Real frameworks in two tenants with the same module names. What is not installed is skipped by name."""
import asyncio
import functools
import importlib.util
import threading

from support import TenantTest, snakehost


def is_installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # nor is its package
        return False


def needs(*names):
    """Skip inside the test rather than by unittest.skipIf: some versions fail a run of which all tests are skipped so."""
    def decorate(test):
        @functools.wraps(test)
        def call(self):
            missing = [name for name in names if not is_installed(name)]
            if missing:
                self.skipTest(f"not installed here: {', '.join(missing)}")
            test(self)
        return call
    return decorate


def call_wsgi(app, path="/"):
    from wsgiref.util import setup_testing_defaults
    environ, status = {"PATH_INFO": path}, []
    setup_testing_defaults(environ)
    body = app(environ, lambda s, headers, exc_info=None: status.append(s))
    try:
        return status[0][:3], b"".join(body).decode()
    finally:
        getattr(body, "close", lambda: None)()


def call_asgi(app, path="/"):
    sent = []

    asked = []
    answered = asyncio.Event()

    async def receive():
        asked.append(None)
        if len(asked) > 1:
            await answered.wait()  # the client stays connected until it has its answer
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            answered.set()
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [(b"host", b"x")],
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {}}
    asyncio.run(app(scope, receive, send))
    return str(sent[0]["status"]), b"".join(m.get("body", b"") for m in sent[1:]).decode()


class FrameworksTest(TenantTest):
    def serve(self, call, paths=("/",), private=(), app="auto"):
        """{name: answers} of tenants a and b, each on a thread of its own, both at once."""
        answers, errors = {}, []
        barrier = threading.Barrier(2)

        def work(name):
            try:
                generation = self.generation(name, private=private)
                generation.enter()
                found, _, _ = snakehost.load(generation, app, "auto")
                barrier.wait(60)
                for _ in range(5):
                    answers[name] = [call(found, path) for path in paths]
            except BaseException as error:
                errors.append(error)
                barrier.abort()
        threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for error in errors:
            if not isinstance(error, threading.BrokenBarrierError):
                raise error
        return answers

    @needs("flask")
    def test_flask(self):
        for name in "ab":
            self.write_files(name, {
                "templates/page.html": "<p>{name} {{ value }}</p>",
                "util.py": "value = 'util-{name}'",
                "main.py": """
                    import flask, util
                    app = flask.Flask(__name__)
                    @app.route("/")
                    def index():
                        import util
                        return flask.render_template("page.html", value=util.value)
                    @app.route("/config")
                    def config(): return flask.current_app.root_path
                    """})
        self.assertEqual({n: [("200", f"<p>{n} util-{n}</p>"), ("200", f"{self.root}/{n}")] for n in "ab"},
                         self.serve(call_wsgi, ("/", "/config")))

    @needs("fastapi")
    def test_fastapi_and_pydantic(self):
        for name in "ab":
            self.write(name, models="""
                import typing, pydantic
                class Child(pydantic.BaseModel):
                    value: str = "child-{name}"
                class Item(pydantic.BaseModel):
                    name: str = "{name}"
                    child: typing.Optional["Child"] = Child()
                """, main="""
                import fastapi, models
                app = fastapi.FastAPI(title="{name}")
                @app.get("/", response_model=models.Item)
                async def item(): return models.Item()
                @app.get("/sync")
                def sync(): import models; return models.Item().name
                """)
        answers = self.serve(call_asgi, ("/", "/sync", "/openapi.json"))
        for n in "ab":
            self.assertEqual(("200", '{"name":"%s","child":{"value":"child-%s"}}' % (n, n)), answers[n][0])
            self.assertEqual(("200", f'"{n}"'), answers[n][1])
            self.assertIn(f'"title":"{n}"', answers[n][2][1])

    @needs("quart")
    def test_quart(self):
        for name in "ab":
            self.write(name, util="value = '{name}'", main="""
                import quart, util
                app = quart.Quart(__name__)
                @app.route("/")
                async def index(): return util.value
                """)
        self.assertEqual({n: [("200", n)] for n in "ab"}, self.serve(call_asgi))

    @needs("sqlalchemy")
    def test_sqlalchemy_registries(self):
        for name in "ab":
            self.write(name, models="""
                import sqlalchemy as sa
                from sqlalchemy.orm import declarative_base, relationship
                Base = declarative_base()
                class Parent(Base):
                    __tablename__ = "parent"
                    id = sa.Column(sa.Integer, primary_key=True)
                    name = sa.Column(sa.String)
                    children = relationship("Child")
                class Child(Base):
                    __tablename__ = "child"
                    id = sa.Column(sa.Integer, primary_key=True)
                    parent_id = sa.Column(sa.ForeignKey("parent.id"))
                """, main="""
                import sqlalchemy as sa, models
                from sqlalchemy.orm import Session
                engine = sa.create_engine("sqlite://", connect_args={"check_same_thread": False},
                                          poolclass=sa.pool.StaticPool)
                models.Base.metadata.create_all(engine)
                with Session(engine) as session:
                    session.add(models.Parent(name="{name}", children=[models.Child()])); session.commit()
                def app(environ, start_response):
                    with Session(engine) as session:
                        parent = session.query(models.Parent).one()
                        start_response("200 OK", [])
                        return [f"{parent.name} {len(parent.children)}".encode()]
                """)
        self.assertEqual({n: [("200", f"{n} 1")] for n in "ab"}, self.serve(call_wsgi))

    @needs("django")
    def test_two_django_projects_both_called_mysite(self):
        for name in "ab":
            self.write_files(name, {
                "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')",
                "mysite/__init__.py": "", "items/__init__.py": "", "items/migrations/__init__.py": "",
                "mysite/settings.py": f"""
                    SECRET_KEY = "x"
                    DEBUG = False
                    ALLOWED_HOSTS = ["*"]
                    ROOT_URLCONF = "mysite.urls"
                    NAME = "{name}"
                    DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
                    INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                                      "django.contrib.sessions", "django.contrib.messages", "items"]
                    MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware",
                                  "django.contrib.auth.middleware.AuthenticationMiddleware",
                                  "django.contrib.messages.middleware.MessageMiddleware"]
                    TEMPLATES = [dict(BACKEND="django.template.backends.django.DjangoTemplates", APP_DIRS=True,
                        OPTIONS=dict(context_processors=["django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages"]))]
                    DATABASES = dict(default=dict(ENGINE="django.db.backends.sqlite3", NAME="{self.root}/{name}/db.sqlite3"))
                    """,
                "mysite/urls.py": """
                    from django.contrib import admin
                    from django.urls import path
                    from items import views
                    urlpatterns = [path("admin/", admin.site.urls), path("", views.index)]
                    """,
                "mysite/wsgi.py": """
                    import os
                    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
                    from django.core.wsgi import get_wsgi_application
                    application = get_wsgi_application()
                    from django.core.management import call_command
                    call_command("migrate", verbosity=0)
                    from items.models import Item
                    Item.objects.create(title="item of {name}")
                    """,
                "items/models.py": """
                    from django.db import models
                    class Item(models.Model):
                        title = models.CharField(max_length=50)
                        only_{name} = models.IntegerField(default=1)
                    """,
                "items/admin.py": "from django.contrib import admin\nfrom .models import Item\nadmin.site.register(Item)",
                "items/views.py": """
                    from django.conf import settings
                    from django.http import HttpResponse
                    from .models import Item
                    def index(request):
                        fields = sorted(f.name for f in Item._meta.get_fields())
                        return HttpResponse(f"{settings.NAME}: {Item.objects.get().title} {fields}")
                    """,
                "items/migrations/0001_initial.py": """
                    from django.db import migrations, models
                    class Migration(migrations.Migration):
                        initial = True
                        operations = [migrations.CreateModel("Item", [("id", models.AutoField(primary_key=True)),
                            ("title", models.CharField(max_length=50)), ("only_{name}", models.IntegerField(default=1))])]
                    """})
        answers = self.serve(call_wsgi, ("/", "/admin/login/"), private=["django"])
        for n in "ab":
            self.assertEqual(("200", f"{n}: item of {n} ['id', 'only_{n}', 'title']"), answers[n][0])
            self.assertEqual("200", answers[n][1][0])
            self.assertIn("Django administration", answers[n][1][1])
        import sys
        self.assertNotIn("django", sys.modules)

    @needs("rest_framework", "django")
    def test_django_rest_framework_is_private_beside_django(self):
        for name in "ab":
            self.write(name, main="""
                import os
                from django.conf import settings
                settings.configure(SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], NAME="{name}",
                                   INSTALLED_APPS=["rest_framework"], REST_FRAMEWORK=dict(
                                   DEFAULT_AUTHENTICATION_CLASSES=[], UNAUTHENTICATED_USER=None,
                                   DEFAULT_RENDERER_CLASSES=["rest_framework.renderers.JSONRenderer"]))
                import django
                django.setup()
                from django.urls import path
                from rest_framework.decorators import api_view
                from rest_framework.response import Response
                @api_view(["GET"])
                def index(request): return Response(dict(name=settings.NAME))
                urlpatterns = [path("", index)]
                from django.core.wsgi import get_wsgi_application
                app = get_wsgi_application()
                """)
        self.assertEqual({n: [("200", '{"name":"%s"}' % n)] for n in "ab"}, self.serve(call_wsgi, private=["django"]))

    @needs("numpy")
    def test_numpy_is_shared(self):
        for name in "ab":
            self.write(name, main="""
                import numpy
                def app(environ, start_response):
                    start_response("200 OK", [])
                    return [str(int(numpy.arange(4).sum()) + ord("{name}")).encode()]
                """)
        self.assertEqual({n: [("200", str(6 + ord(n)))] for n in "ab"}, self.serve(call_wsgi))

    @needs("numpy")
    def test_private_copies_of_numpy_are_whole_and_apart(self):
        tenants = self.pair(private=["numpy"], main="""
            import numpy
            def who():
                try:
                    numpy.linalg.inv(numpy.zeros((2, 2)))
                except numpy.linalg.LinAlgError:
                    return int(numpy.arange(3).sum()), isinstance(numpy.zeros(1), numpy.ndarray), numpy.ndarray
            """)
        one, two = self.each(tenants, "who")
        self.assertEqual(((3, True), (3, True)), (one[:2], two[:2]))
        self.assertIsNot(one[2], two[2])

    @needs("cryptography")
    def test_private_copies_have_extensions_of_their_own(self):
        for name in "ab":
            self.write(name, main="""
                from cryptography.hazmat.bindings import _rust
                import cryptography
                def who(): return cryptography.__version__, cryptography, _rust
                """)
        tenants = [self.generation(n, private=["cryptography"]) for n in "ab"]
        one, two = self.each(tenants, "who")
        self.assertEqual(one[0], two[0])
        self.assertIsNot(one[1], two[1])
        self.assertIsNot(one[2], two[2])

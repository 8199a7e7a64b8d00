"""Registries of real libraries in two tenants with the same names, through saves. What is not installed is skipped by name."""
import json
import threading

from frameworks_test import call_asgi, needs
from support import TenantTest, snakehost


class LibrariesTest(TenantTest):
    def on_thread(self, function):
        """Its result, from a thread of its own. Not joined: one that is the first to import sentry_sdk 1.x never gets that far."""
        found, done = [], threading.Event()

        def work():
            try:
                found.append((function(), None))
            except BaseException as error:
                found.append((None, error))
            done.set()
        threading.Thread(target=work, daemon=True).start()
        self.assertTrue(done.wait(60), "it did not end")
        result, error = found[0]
        if error is not None:
            raise error
        return result

    def load(self, name, private=("sqlmodel",), venv=None):
        """A generation, loaded on a thread of its own as the gateway does."""
        generation = self.generation(name, venv, private)

        def work():
            generation.enter()
            snakehost.load(generation, "main:app")
        self.on_thread(work)
        return generation

    @needs("wrapt")
    def test_wrapt_runs_each_tenants_hooks_for_its_own_imports(self):
        for name in "ab":
            self.write_files(name, {"target.py": "", "main.py": """
                import wrapt
                seen = []
                for hooked in ("target", "netrc"):
                    wrapt.register_post_import_hook(lambda module: (seen.append(module.__name__), setattr(module, "seen_by", "{name}")), hooked)
                import target, netrc
                app = lambda environ, start_response: []
                def ask(): return seen, target.seen_by, netrc.seen_by
                """})
        for save in range(2):
            for generation in [self.load(name) for name in "ab"]:
                self.assertEqual((["target", "netrc"], generation.id, generation.id), self.ask(generation))
            import netrc
            self.assertFalse(hasattr(netrc, "seen_by"), "loaded for all, it is asked for at the next load all the same")

    def ask(self, generation, function="ask", *args):
        """What a function of `main` says, on a thread that is none of those that loaded the tenant."""
        return self.on_thread(lambda: generation.run(lambda: getattr(__import__("main"), function)(*args)))

    def expect(self, source, expected, private=("sqlmodel",), both=True):
        """`main.ask()` of a and b is `expected(name)`, and stays so when each is saved twice; nothing of an old generation is left."""
        for name in "ab":
            self.write(name, main=source + "\ndef app(environ, start_response): return []\n")
        living = {name: self.load(name, private) for name in "ab"}
        for saved in ("", "a", "b", "a"):
            if saved:
                old, living[saved] = living[saved], self.load(saved, private)
                old.dispose()
            for name, generation in living.items():
                self.assertEqual(expected(name), self.ask(generation), f"{name} after a save of {saved or 'none'}")

    @needs("pydantic")
    def test_validators(self):
        self.expect("""\
try:
    from pydantic.v1 import BaseModel, validator
except ImportError:
    from pydantic import BaseModel, validator
class Item(BaseModel):
    name: str
    @validator("name")
    def check(cls, value): return value + " of {name}"
def ask(): return Item(name="x").name
""", lambda name: f"x of {name}")

    @needs("marshmallow")
    def test_schemas_by_name(self):
        self.expect("""\
from marshmallow import Schema, fields
class Address(Schema):
    {name} = fields.String()
class Person(Schema):
    address = fields.Nested("Address")
def ask(): return sorted(Person().dump({"address": {"a": "1", "b": "2"}})["address"])
""", lambda name: [name])

    @needs("prometheus_client")
    def test_metrics(self):
        self.expect("""\
from prometheus_client import Counter, REGISTRY, generate_latest, Info
REGISTRY.set_target_info({"tenant": "{name}"})
asked = Counter("asked", "How often")
only = Counter("only_{name}", "Of one tenant")
asked.inc()
def ask():
    lines = generate_latest().decode().splitlines()
    from prometheus_client.exposition import CONTENT_TYPE_LATEST
    kept = [l for l in lines if l.startswith(("asked_total", "only", "target_info{")) and "_created" not in l]
    return kept, any(l.startswith("python_info") for l in lines)
""", lambda name: (['target_info{tenant="%s"} 1.0' % name, "asked_total 1.0", f"only_{name}_total 0.0"], True))

    @needs("blinker", "flask")
    def test_signals(self):
        self.expect("""\
import flask
heard = vars(flask).setdefault("heard", [])  # of both
app_ = flask.Flask(__name__)
@flask.request_started.connect
def note(sender, **extra): heard.append("{name}")
@flask.request_finished.connect_via(flask.signals.ANY if hasattr(flask.signals, "ANY") else None)
def note_end(sender, **extra): heard.append("end of {name}")
@app_.get("/")
def index(): return ""
def ask():
    del heard[:]
    app_.test_client().get("/")
    return list(heard)
""".replace("""@flask.request_finished.connect_via(flask.signals.ANY if hasattr(flask.signals, "ANY") else None)
""", """@flask.request_finished.connect
"""), lambda name: [name, f"end of {name}"])

    @needs("jinja2")
    def test_defaults_of_jinja(self):
        self.expect("""\
import jinja2, jinja2.defaults, jinja2.filters, jinja2.tests
jinja2.filters.FILTERS["who"] = lambda value: "{name}" + value
jinja2.tests.TESTS["ours"] = lambda value: value == "{name}"
jinja2.defaults.DEFAULT_NAMESPACE["me"] = "{name}"
def ask():
    jinja2.clear_caches()
    text = "{{ 'x' | who }} {{ me is ours }} {{ 'A' | lower }} {{ range(2) | list }}"
    return jinja2.Template(text).render(), jinja2.Environment().from_string(text).render(), "who" in jinja2.filters.FILTERS
""", lambda name: (f"{name}x True a [0, 1]", f"{name}x True a [0, 1]", True))
        import jinja2.filters
        self.assertNotIn("who", jinja2.filters.FILTERS)

    @needs("sqlalchemy")
    def test_events_of_shared_classes(self):
        self.expect("""\
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, declarative_base, configure_mappers
heard = vars(sa).setdefault("heard", [])  # of both
@event.listens_for(Engine, "connect")
def pragma(connection, record): heard.append("connect {name}")
@event.listens_for(Engine, "before_execute", retval=True)
def rewrite(connection, statement, multi, params, options): heard.append("execute {name}"); return statement, multi, params
@event.listens_for(Session, "before_flush")
def flush(session, context, instances): heard.append("flush {name}")
Base = declarative_base()
class User(Base):
    __tablename__ = "user"
    id = sa.Column(sa.Integer, primary_key=True)
def ask():
    del heard[:]
    assert event.contains(Engine, "connect", pragma)
    configure_mappers()
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("select 1"))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User())
        session.flush()
    return [h for i, h in enumerate(list(heard)) if h not in heard[:i]]
""", lambda name: [f"connect {name}", f"execute {name}", f"flush {name}"])

    @needs("sqlmodel")
    def test_tables_of_one_name(self):
        self.expect("""\
from typing import Optional
from sqlmodel import Field, SQLModel
class User(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    {name}: str
def ask(): return sorted(SQLModel.metadata.tables["user"].columns.keys())
""", lambda name: sorted(["id", name]))

    @needs("sentry_sdk")
    def test_clients_of_sentry(self):
        self.expect("""\
import sentry_sdk
from sentry_sdk.transport import Transport
sent = []
class Kept(Transport):
    def __init__(self, options=None): pass
    def capture_event(self, event): sent.append(event["message"])
    def capture_envelope(self, envelope):
        for item in envelope.items:
            if item.get_event() is not None: sent.append(item.get_event()["message"])
sentry_sdk.init(dsn="http://k@127.0.0.1:9/1", transport=Kept(), default_integrations=False)
def ask():
    del sent[:]
    sentry_sdk.capture_message("of {name}")
    return sent
""", lambda name: [f"of {name}"])

    @needs("opentelemetry.sdk")
    def test_providers_of_opentelemetry(self):
        self.expect("""\
from opentelemetry import metrics, propagate, trace, _logs
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk._logs import LoggerProvider
early, early_counter = trace.get_tracer("early"), metrics.get_meter("early").create_counter("early")
metrics.get_meter("early").create_observable_gauge("observed", [lambda options: [metrics.Observation(1, {"of": "{name}"})]])
spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
resource = Resource.create({"service.name": "{name}"})
provider = TracerProvider(resource=resource)
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
meters = MeterProvider([reader], resource=resource)
metrics.set_meter_provider(meters)
logs = LoggerProvider(resource=resource)
_logs.set_logger_provider(logs)
def ask():
    spans.clear()
    with early.start_as_current_span("early"), trace.get_tracer("late").start_as_current_span("late"):
        pass
    early_counter.add(1)
    found = reader.get_metrics_data().resource_metrics
    names = sorted({m.name for r in found for s in r.scope_metrics for m in s.metrics})
    told = [a for r in found for s in r.scope_metrics for m in s.metrics if m.name == "observed" for p in m.data.data_points for a in p.attributes.values()]
    return (sorted(f"{s.name} {s.resource.attributes['service.name']}" for s in spans.get_finished_spans()), names, told,
        trace.get_tracer_provider() is provider, metrics.get_meter_provider() is meters, _logs.get_logger_provider() is logs)
""", lambda name: ([f"early {name}", f"late {name}"], ["early", "observed"], [name], True, True, True))

    @needs("opentelemetry.sdk", "fastapi.telemetry")
    def test_a_bare_fastapi_tells_nobody(self):
        """FastAPI traces each request by the global provider: here that of the very tenant, or none."""
        self.write("a", main="""
            import fastapi
            from opentelemetry import trace
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import SimpleSpanProcessor
            from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
            spans = InMemorySpanExporter()
            provider = TracerProvider()
            provider.add_span_processor(SimpleSpanProcessor(spans))
            trace.set_tracer_provider(provider)
            app = fastapi.FastAPI()
            @app.get("/{x}")
            def index(x: str): return x
            def told(): return [span.attributes["url.path"] for span in spans.get_finished_spans() if "url.path" in span.attributes]
            """)
        self.write("b", main="""
            import fastapi
            app = fastapi.FastAPI()
            @app.get("/{x}")
            def index(x: str): return x
            """)
        a, b = self.load("a"), self.load("b")
        for path in ("/1", "/2"):
            for generation in (a, b):
                self.on_thread(lambda: generation.run(lambda: call_asgi(__import__("main").app, f"{path}{generation.id}")))
        self.assertEqual(["/1a", "/2a"], self.ask(a, "told"))
        old, a = a, self.load("a")
        old.dispose()
        self.on_thread(lambda: b.run(lambda: call_asgi(__import__("main").app, "/3b")))
        self.on_thread(lambda: a.run(lambda: call_asgi(__import__("main").app, "/3a")))
        self.assertEqual(["/3a"], self.ask(a, "told"))
        self.assertEqual([], self.lines())

    @needs("google.protobuf")
    def test_a_file_of_protobuf_with_other_contents_is_refused_and_told(self):
        for name in "ab":
            self.write(name, main="""
                from google.protobuf import descriptor_pb2, descriptor_pool
                file = descriptor_pb2.FileDescriptorProto(name="libraries_test.proto", package="libraries_test")
                file.message_type.add(name="Item").field.add(name="of_{name}", number=1, type=9, label=1)
                def define(): return descriptor_pool.Default().AddSerializedFile(file.SerializeToString()).message_types_by_name["Item"].fields[0].name
                def failure():
                    try: define()
                    except TypeError as error: return error
                def app(environ, start_response): return []
                """)
        a, b = self.load("a"), self.load("b")
        self.assertEqual("of_a", self.ask(a, "define"))
        error = self.ask(b, "failure")
        self.assertIn("google.protobuf keeps one pool of definitions", b.run(lambda: json.loads(snakehost.describe(error))["hint"]) or str(error))
        self.assertEqual("of_a", self.ask(self.load("a"), "define"))

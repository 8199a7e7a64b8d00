"""Set-once globals as OpenTelemetry's API has them, by a package of the same shape; libraries_test.py has the real one where it is installed."""
from support import TenantTest

API = {
    "opentelemetry/trace/__init__.py": """
        import logging, os
        logger = logging.getLogger(__name__)
        _TRACER_PROVIDER = None
        class ProxyTracer:
            def __init__(self, name): self._name, self._real_tracer = name, None
            def span(self, name):
                if not self._real_tracer and _TRACER_PROVIDER:
                    self._real_tracer = _TRACER_PROVIDER.get_tracer(self._name)
                return self._real_tracer.span(name) if self._real_tracer else None
        class ProxyTracerProvider:
            def get_tracer(self, name): return _TRACER_PROVIDER.get_tracer(name) if _TRACER_PROVIDER else ProxyTracer(name)
        _PROXY_TRACER_PROVIDER = ProxyTracerProvider()
        def _load_provider(variable, kind): return os.environ[variable]
        def _set_tracer_provider(provider, log):
            global _TRACER_PROVIDER
            _TRACER_PROVIDER = _TRACER_PROVIDER or provider
        def set_tracer_provider(provider): _set_tracer_provider(provider, log=True)
        def get_tracer_provider(): return _TRACER_PROVIDER or _PROXY_TRACER_PROVIDER
        def get_tracer(name): return get_tracer_provider().get_tracer(name)
        """,
    "opentelemetry/metrics/__init__.py": """
        from opentelemetry.metrics._internal import get_meter, get_meter_provider, set_meter_provider
        """,
    "opentelemetry/metrics/_internal/__init__.py": """
        import logging
        _logger = logging.getLogger(__name__)
        _METER_PROVIDER = None
        class _ProxyInstrument:
            def __init__(self, name, callback=None): self._name, self._callback, self._real_instrument = name, callback, None
            def on_meter_set(self, meter): self._real_instrument = self._create_real_instrument(meter)
            def _create_real_instrument(self, meter): raise NotImplementedError
        class _ProxyCounter(_ProxyInstrument):
            def add(self, amount):
                if self._real_instrument: self._real_instrument.add(amount)
            def _create_real_instrument(self, meter): return meter.create_counter(self._name)
        class _ProxyGauge(_ProxyInstrument):
            def _create_real_instrument(self, meter): return meter.create_observable_gauge(self._name, self._callback)
        class _ProxyMeter:
            def __init__(self, name, version=None, schema_url=None):
                self._name, self._version, self._schema_url, self._instruments, self._real_meter = name, version, schema_url, [], None
            def on_set_meter_provider(self, provider):
                self._real_meter = provider.get_meter(self._name, self._version, self._schema_url)
                for instrument in self._instruments: instrument.on_meter_set(self._real_meter)
            def create_counter(self, name):
                if self._real_meter: return self._real_meter.create_counter(name)
                self._instruments.append(_ProxyCounter(name))
                return self._instruments[-1]
            def create_observable_gauge(self, name, callback):
                if self._real_meter: return self._real_meter.create_observable_gauge(name, callback)
                self._instruments.append(_ProxyGauge(name, callback))
                return self._instruments[-1]
        class _ProxyMeterProvider:
            def __init__(self): self._meters, self._real_meter_provider = [], None
            def get_meter(self, name, version=None, schema_url=None):
                if self._real_meter_provider is not None: return self._real_meter_provider.get_meter(name, version, schema_url)
                self._meters.append(_ProxyMeter(name, version, schema_url))
                return self._meters[-1]
            def on_set_meter_provider(self, provider):
                self._real_meter_provider = provider
                for meter in self._meters: meter.on_set_meter_provider(provider)
        _PROXY_METER_PROVIDER = _ProxyMeterProvider()
        def _set_meter_provider(provider, log):
            global _METER_PROVIDER
            if _METER_PROVIDER is None:
                _METER_PROVIDER = provider
                _PROXY_METER_PROVIDER.on_set_meter_provider(provider)
        def set_meter_provider(provider): _set_meter_provider(provider, log=True)
        def get_meter_provider(): return _METER_PROVIDER or _PROXY_METER_PROVIDER
        def get_meter(name): return get_meter_provider().get_meter(name)
        """,
    "opentelemetry/propagate/__init__.py": """
        _HTTP_TEXT_FORMAT = "default"
        def get_global_textmap(): return _HTTP_TEXT_FORMAT
        def set_global_textmap(value):
            global _HTTP_TEXT_FORMAT
            _HTTP_TEXT_FORMAT = value
        """,
    # What all tenants of the environment share has made tracers and instruments before anybody set a provider.
    "shared.py": """
        from opentelemetry import metrics, trace
        tracer, counter = trace.get_tracer("shared"), metrics.get_meter("shared").create_counter("shared")
        metrics.get_meter("shared").create_observable_gauge("shared gauge", lambda: "observed")
        """,
    "late.py": """
        from opentelemetry import metrics
        counter = metrics.get_meter("late").create_counter("late")
        metrics.get_meter("late").create_observable_gauge("late gauge", lambda: "observed")
        """,
}

MAIN = """
    from opentelemetry import metrics, propagate, trace
    import shared
    told = []
    class Provider:
        def __init__(self, tenant): self.tenant = tenant
        def get_tracer(self, name): return Tracer(self.tenant)
        def get_meter(self, name, version, schema_url): return self
        def create_counter(self, what): return Counter(f"{what} of {self.tenant}")
        def create_observable_gauge(self, what, callback): told.append(f"{what} of {self.tenant}: {callback()}")
    class Tracer:
        def __init__(self, tenant): self.tenant = tenant
        def span(self, what): return f"{what} of {self.tenant}"
    class Counter:
        def __init__(self, name): self.name = name
        def add(self, amount): told.append(f"{self.name}: {amount}")
    own_tracer, own_counter = trace.get_tracer("own"), metrics.get_meter("own").create_counter("own")
    def provide():
        trace.set_tracer_provider(Provider("{name}"))
        metrics.set_meter_provider(Provider("{name}"))
        propagate.set_global_textmap("format of {name}")
    def again(): trace.set_tracer_provider(Provider("another"))
    def spans(): return [own_tracer.span("own"), shared.tracer.span("shared"), trace.get_tracer("x").span("x")]
    def count():
        del told[:]
        own_counter.add(1); shared.counter.add(2)
        return told
    def observed(): return [line for line in told if "gauge" in line]
    def textmap(): return propagate.get_global_textmap()
    def load_late():
        del told[:]
        import late
        late.counter.add(3)
        return told
    """


class ProvidersTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.venv = self.make_venv("venv", API)

    def tenant(self, name):
        self.write(name, main=MAIN)
        return self.generation(name, self.venv)

    def ask(self, generation, function):
        return self.each([generation], function)[0]

    def test_each_tenant_has_its_own_providers(self):
        a, b = self.tenant("a"), self.tenant("b")
        for generation in (a, b):
            self.ask(generation, "provide")
            self.assertEqual([f"shared gauge of {generation.id}: observed"], self.ask(generation, "observed"))
        for _ in range(2):
            for generation in (a, b):
                n = generation.id
                self.assertEqual([f"own of {n}", f"shared of {n}", f"x of {n}"], self.ask(generation, "spans"))
                self.assertEqual([f"own of {n}: 1", f"shared of {n}: 2"], self.ask(generation, "count"))
                self.assertEqual(f"format of {n}", self.ask(generation, "textmap"))

    def test_a_tenant_without_a_provider_has_none(self):
        a, b = self.tenant("a"), self.tenant("b")
        self.ask(a, "provide")
        self.ask(a, "spans")
        self.assertEqual([None] * 3, self.ask(b, "spans"))
        self.assertEqual([], self.ask(b, "count"))
        self.assertEqual("default", self.ask(b, "textmap"))

    def test_the_next_generation_sets_its_own(self):
        old = self.tenant("a")
        self.ask(old, "provide")
        self.ask(old, "spans")
        old.dispose()
        new = self.tenant("a")
        self.assertEqual([None] * 3, self.ask(new, "spans"))
        self.ask(new, "provide")
        self.assertEqual(["own of a", "shared of a", "x of a"], self.ask(new, "spans"))

    def test_a_second_provider_of_a_tenant_is_refused_as_ever(self):
        a = self.tenant("a")
        self.ask(a, "provide")
        self.ask(a, "again")
        self.assertEqual(["own of a", "shared of a", "x of a"], self.ask(a, "spans"))
        self.assertTrue(any("Overriding of current TracerProvider is not allowed" in line for line in self.lines(a)), self.lines(a))

    def test_what_a_shared_module_makes_later_is_real_at_once(self):
        a = self.tenant("a")
        self.ask(a, "provide")
        self.assertEqual(["late gauge of a: observed", "late of a: 3"], self.ask(a, "load_late"))

    def test_what_fastapi_makes_of_the_environment_ends_with_its_generation(self):
        venv = self.make_venv("fast", {"fastapi/__init__.py": "", "fastapi/telemetry/__init__.py": "", "fastapi/telemetry/_runtime.py": """
            _owned, _configured = [], []
            def configure(name, provider):
                if not any(n == name for n, p in _configured): _configured.append((name, provider)); _owned.append(provider)
            def _shutdown():
                for provider in tuple(_owned): provider.shutdown()
                _owned.clear()
            """})
        main = """
            from fastapi.telemetry import _runtime
            class Provider:
                def shutdown(self): print("end of {name}")
            def provide(): _runtime.configure("traces", Provider()); return len(_runtime._owned), bool(_runtime._configured)
            """
        for name in "ab":
            self.write(name, main=main)
        a, b = self.generation("a", venv), self.generation("b", venv)
        self.assertEqual([(1, True)] * 2, self.each([a, b], "provide"))
        a.dispose()
        self.assertEqual(["end of a"], self.lines())

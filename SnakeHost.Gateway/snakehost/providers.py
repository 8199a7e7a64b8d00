"""OpenTelemetry's global providers per generation.

Its API keeps one provider each of traces, metrics and logs, and one propagator; each provider can be set once per process. A private copy of the API would make
all private that uses it, FastAPI among it. So each generation has providers of its own, and whoever has set none has none: what it does
is never told to another's exporter.
"""
import os

from . import context, importing, overlays


class _Provider:
    """Stands in for the global that holds the provider: true when the current tenant has set one, which then answers."""

    def __init__(self):
        self._shared = None  # set outside any tenant

    def find(self):
        mine = overlays.mine(self, list)
        return self._shared if not mine else mine[0]

    def set(self, provider):
        """Once; whether it was."""
        if context.current() is None:
            first, self._shared = self._shared is None, self._shared or provider
            return first
        mine = overlays.mine(self, list)
        mine.append(provider)
        return len(mine) == 1

    def __bool__(self):
        return self.find() is not None

    def __getattr__(self, name):
        return getattr(self.find(), name)


def _set_once(module, signal, proxy, connect=None):
    """`signal`: tracer, meter or logger. `proxy()`: what a tenant without a provider gets. `connect(provider)`: what it is told to."""
    upper = signal.upper()
    variable, current = f"OTEL_PYTHON_{upper}_PROVIDER", _Provider()
    warning = f"Overriding of current {signal.capitalize()}Provider is not allowed"
    logger = getattr(module, "_logger", None) or module.logger

    def set_provider(provider, log):
        if current.set(provider):
            if connect is not None:
                connect(provider)
        elif log:
            logger.warning(warning)

    def get_provider():
        if not current:
            if variable not in os.environ:
                return proxy()
            set_provider(module._load_provider(variable, f"{signal}_provider"), False)
        return current.find()

    setattr(module, f"_{upper}_PROVIDER", current)
    setattr(module, f"_set_{signal}_provider", set_provider)
    setattr(module, f"get_{signal}_provider", get_provider)


def _traces(module):
    proxy = module._PROXY_TRACER_PROVIDER
    module.ProxyTracer._real_tracer = overlays.Attribute("_real_tracer")
    _set_once(module, "tracer", lambda: proxy)


def _logs(module):
    proxy = getattr(module, "_PROXY_LOGGER_PROVIDER", None) or module.NoOpLoggerProvider()
    if hasattr(module, "ProxyLogger"):
        module.ProxyLogger._real_logger = overlays.Attribute("_real_logger")
    _set_once(module, "logger", lambda: proxy)


def _metrics(module):
    """A meter that was made before there was a provider gets a real one, and so do its instruments, when the provider is set."""
    shared = module._PROXY_METER_PROVIDER

    def proxy():
        """A tenant's own: a shared one would make each tenant's instruments for all."""
        return overlays.mine(_metrics, module._ProxyMeterProvider) or shared

    def connect(provider):
        proxy().on_set_meter_provider(provider)
        if proxy() is not shared:
            shared.on_set_meter_provider(provider)  # meters of shared modules; what is real of them is per generation

    def real_meter(meter):
        provider = shared._real_meter_provider
        return None if provider is None else provider.get_meter(meter._name, meter._version, meter._schema_url)

    def real_instrument(instrument):
        meter = instrument.__dict__.get("_snakehost_meter")
        real = None if meter is None else meter._real_meter
        return None if real is None else instrument._create_real_instrument(real)

    make = module._ProxyMeter.__init__

    def make_meter(self, *args, **named):
        make(self, *args, **named)
        self._instruments = _Instruments(self)

    module._ProxyMeter.__init__ = make_meter
    module._ProxyMeterProvider._real_meter_provider = overlays.Attribute("_real_meter_provider")
    module._ProxyMeter._real_meter = overlays.Attribute("_real_meter", real_meter)
    base = next(kind for kind in module._ProxyCounter.__mro__ if "_create_real_instrument" in vars(kind) and kind is not module._ProxyCounter)
    base._real_instrument = overlays.Attribute("_real_instrument", real_instrument)
    _set_once(module, "meter", proxy, connect)


class _Instruments(list):
    """Those of a meter. One that a shared module makes later than its importer's provider was set is real at once: callbacks are asked for."""

    def __init__(self, meter):
        super().__init__()
        self._meter = meter

    def append(self, instrument):
        super().append(instrument)
        instrument._snakehost_meter = self._meter
        origin = context.origin()
        if origin is not None:
            origin.run(getattr, instrument, "_real_instrument")


def _propagators(module):
    get, set_ = module.get_global_textmap, module.set_global_textmap

    def get_global_textmap():
        mine = overlays.mine(_propagators, list)
        return mine[-1] if mine else get()

    def set_global_textmap(propagator):
        mine = overlays.mine(_propagators, list)
        set_(propagator) if mine is None else mine.append(propagator)

    module.get_global_textmap, module.set_global_textmap = get_global_textmap, set_global_textmap


PATCHES = (
    ("opentelemetry.trace", _traces),
    ("opentelemetry._logs._internal", _logs),
    ("opentelemetry.metrics._internal", _metrics),
    ("opentelemetry.propagate", _propagators),
)

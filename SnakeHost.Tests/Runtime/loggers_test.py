import logging
import logging.config
import pickle
import textwrap
import weakref

from support import TenantTest, snakehost


class LoggersTest(TenantTest):
    """What `logging` keeps in its module: separate as the tree is."""

    SOURCE = """
        import io, logging, logging.config, warnings
        out = io.StringIO()
        def configure(): logging.basicConfig(stream=out, format="%(levelname)s %(name)s %(message)s", level=1, force=True)
        def text():
            found = out.getvalue(); out.seek(0); out.truncate(); return found
        """

    def tenants(self, *sources):
        tenants = self.pair(main="".join(textwrap.dedent(source) for source in (self.SOURCE, *sources)))
        self.each(tenants, "configure")
        return tenants

    def test_a_record_factory_sees_the_records_of_its_own_tenant(self):
        a, b = self.tenants("""
            def wrap():
                before = logging.getLogRecordFactory()
                def factory(*args, **named):
                    record = before(*args, **named)
                    record.msg = "{name}(" + str(record.msg) + ")"
                    return record
                logging.setLogRecordFactory(factory)
            def fail():
                def factory(*args, **named): raise RuntimeError("outside of a request")
                logging.setLogRecordFactory(factory)
            def log(): logging.getLogger("x").info("m"); return text()
            def made(): return logging.makeLogRecord({"msg": "made"}).msg
            """)
        self.each([a], "wrap")
        self.assertEqual(["INFO x a(m)\n", "INFO x m\n"], self.each([a, b], "log"))
        self.each([a], "wrap")
        self.assertEqual(["INFO x a(a(m))\n", "INFO x m\n"], self.each([a, b], "log"))
        self.each([b], "fail")
        self.assertRaises(RuntimeError, self.each, [b], "log")
        self.assertEqual((["INFO x a(a(m))\n"], logging.LogRecord), (self.each([a], "log"), logging.getLogRecordFactory()))

    def test_factories_that_wrap_the_former_do_not_pile_up_with_saves(self):
        self.write("a", main="""
            import logging
            before = logging.getLogRecordFactory()
            def factory(*args, **named):
                record = before(*args, **named)
                record.depth = getattr(record, "depth", 0) + 1
                return record
            logging.setLogRecordFactory(factory)
            def depth(): return logging.getLogger("x").makeRecord("x", 20, "f", 1, "m", (), None).depth
            """)
        references, before = [], None
        for number in range(25):
            generation = snakehost.Generation(f"a{number}", f"{self.root}/a")
            self.assertEqual([1], self.each([generation], "depth"))
            references.append(weakref.ref(generation.modules["main"].factory))
            if before is not None:
                before.dispose()  # as the gateway does, which loads the next version first
            before = generation
        generation.dispose()
        del generation, before
        self.assert_collected(*references)

    def test_names_of_levels(self):
        a, b = self.tenants("""
            def name(): logging.addLevelName(20, "INFO-{name}"); logging.addLevelName(25, "NOTICE")
            def log(): logging.getLogger("x").info("m"); return text()
            def names(): return logging.getLevelName(20), logging.getLevelName(25), logging.getLevelName("NOTICE")
            def set_level(): logging.getLogger("x").setLevel("NOTICE"); return logging.getLogger("x").level
            """)
        self.each([a], "name")
        self.assertEqual(["INFO-a x m\n", "INFO x m\n"], self.each([a, b], "log"))
        self.assertEqual([("INFO-a", "NOTICE", 25), ("INFO", "Level 25", "Level NOTICE")], self.each([a, b], "names"))
        self.assertEqual([25], self.each([a], "set_level"))
        self.assertRaises(ValueError, self.each, [b], "set_level")
        self.assertEqual("INFO", logging.getLevelName(20))

    def test_names_of_handlers(self):
        a, b = self.tenants("""
            def named():
                logging.config.dictConfig({"version": 1, "handlers": {"out": {"class": "logging.StreamHandler", "stream": out}},
                                           "root": {"handlers": ["out"], "level": "INFO"}})
                return logging._handlers["out"] is logging.getLogger().handlers[0]
            def incremental():
                logging.config.dictConfig({"version": 1, "incremental": True, "handlers": {"out": {"level": "ERROR"}}})
            def level(): return logging.getLogger().handlers[0].level, list(logging._handlers), logging._handlers["out"].stream is out
            """)
        self.assertEqual([True, True], self.each([a, b], "named"))
        self.each([a], "incremental")
        self.assertEqual([(40, ["out"], True), (0, ["out"], True)], self.each([a, b], "level"))
        self.assertNotIn("out", logging._handlers)

    CLASS = """
        def use():
            class Own(logging.Logger):
                tenant = "{name}"
                def success(self, message): self.log(25, "{name}: " + message)
            logging.setLoggerClass(Own)
            return Own
        def log(): logging.getLogger("shop").success("done"); return text()
        def kind(): return getattr(logging.getLogger("shop"), "tenant", None), logging.getLoggerClass().__name__, type(logging.getLogger("other")).__name__
        """

    def test_a_class_of_loggers_and_the_loggers_of_it(self):
        a, b = self.tenants(self.CLASS)
        self.each([a], "use")
        self.assertEqual([("a", "Own", "Own"), (None, "Logger", "Logger"), ("a", "Own", "Own")], self.each([a, b, a], "kind"))
        self.assertEqual(["Level 25 shop a: done\n"], self.each([a], "log"))
        self.assertIs(logging.Logger, type(logging.getLogger("shop")))
        again = self.generation("a", id="a2")
        self.each([again], "configure")
        self.each([again], "use")
        a.dispose()
        self.assertEqual(["Level 25 shop a: done\n"], self.each([again], "log"), "the next generation has its own class")

    def test_a_logger_of_an_own_class_is_one_with_the_shared_logger_of_its_name(self):
        a, b = self.tenants(self.CLASS, """
            def tree():
                use()
                shop = logging.getLogger("shop.a.deep")
                parent = logging.getLogger("shop")
                handler = logging.StreamHandler(out)
                parent.addHandler(handler)
                parent.propagate = False
                parent.setLevel("ERROR")
                return shop.getEffectiveLevel(), shop.parent.name, logging.getLogger("shop.a").parent.name, shop.parent.name, logging.getLogger("shop.a") is logging.getLogger("shop").getChild("a")
            def disable():
                logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
                return logging.getLogger("shop").disabled
            def first():
                plain = logging.getLogger("plain"); use()
                return type(plain).__name__, logging.getLogger("plain") is plain
            """)
        self.assertEqual([(40, "shop", "shop", "shop.a", True)], self.each([a], "tree"))
        shared = logging.getLogger("shop.a.deep.below")
        a.run(shared.info, "not seen")
        a.run(shared.error, "seen")
        self.assertEqual(["seen\n"], self.each([a], "text"))
        self.assertEqual([True], self.each([a], "disable"))
        self.assertEqual([("Logger", True)], self.each([b], "first"))
        self.assertEqual((True, logging.NOTSET), (logging.getLogger("shop").propagate, logging.getLogger("shop").level))

    def test_the_managers_class_and_a_class_with_a_constructor(self):
        a, b = self.tenants("""
            class Own(logging.Logger):
                def __init__(self, name):
                    super().__init__(name)
                    self.setLevel(35)
            def use(): logging.Logger.manager.setLoggerClass(Own)
            def level(): return logging.getLogger("constructed").level, type(logging.getLogger("constructed")).__name__
            """)
        self.each([a], "use")
        self.assertEqual([(35, "Own"), (0, "Logger")], self.each([a, b], "level"))

    def test_raise_exceptions_and_the_last_resort(self):
        a, b = self.tenants("""
            import sys
            class Broken(logging.Handler):
                def emit(self, record):
                    try: 1 / 0
                    except ZeroDivisionError: self.handleError(record)
            def quiet(): logging.raiseExceptions = False
            def errs():
                error, sys.stderr = sys.stderr, io.StringIO()
                try:
                    logger = logging.getLogger("broken"); logger.addHandler(Broken()); logger.warning("m")
                    return "ZeroDivisionError" in sys.stderr.getvalue()
                finally:
                    sys.stderr = error
            class Last(logging.Handler):
                def emit(self, record): out.write("last: " + record.getMessage())
            def resort(): logging.lastResort = Last()
            def none(): logging.lastResort = None
            def unhandled(): text(); logging.getLogger().handlers.clear(); logging.getLogger("u").warning("unhandled"); return text()
            """)
        self.each([a], "quiet")
        self.assertEqual(([False, True], True), (self.each([a, b], "errs"), logging.raiseExceptions))
        self.each([a], "resort")
        self.assertEqual((["last: unhandled", ""], ["unhandled"]), (self.each([a, b], "unhandled"), self.lines(b)))
        self.each([b], "none")
        self.each([b], "unhandled")
        self.assertEqual(["unhandled"], self.lines(b)[:1])
        self.assertNotIn("unhandled", self.lines(b)[1:])

    def test_captured_warnings(self):
        a, b = self.tenants("""
            import sys
            def capture(): logging.captureWarnings(True)
            def stop(): logging.captureWarnings(False)
            def warn():
                error, sys.stderr = sys.stderr, io.StringIO()
                try:
                    warnings.warn_explicit("old", UserWarning, "f.py", 1)
                    return "py.warnings" in text(), "old" in sys.stderr.getvalue()
                finally:
                    sys.stderr = error
            """)
        self.each([a], "capture")
        self.assertEqual([(True, False), (False, True), (True, False)], self.each([a, b, a], "warn"))
        self.each([b], "capture")
        self.each([a], "stop")
        self.assertEqual([(False, True), (True, False)], self.each([a, b], "warn"))

    def test_a_configuration_server_is_its_own_tenants(self):
        a, b = self.tenants("""
            import struct
            def listen():
                global thread
                thread = logging.config.listen(0); thread.start(); thread.ready.wait()
                return logging.config._listener is not None
            def listening(): return logging.config._listener is not None
            def stop(): logging.config.stopListening(); thread.join(); return listening()
            """)
        self.assertEqual([True], self.each([a], "listen"))
        self.assertEqual([False], self.each([b], "listening"))
        b.run(logging.config.stopListening)
        self.assertEqual([True], self.each([a], "listening"))
        self.assertEqual([False], self.each([a], "stop"))

    def test_loggers_can_be_pickled(self):
        a, _ = self.tenants(self.CLASS, """
            import pickle
            def pickled(): use(); logger = logging.getLogger("pickled"); return pickle.loads(pickle.dumps(logger)) is logger
            """)
        self.assertEqual([True], self.each([a], "pickled"))
        logger = logging.getLogger("pickled")
        self.assertIs(logger, pickle.loads(pickle.dumps(logger)))

    def test_nothing_of_a_disposed_generation_stays(self):
        a, b = self.tenants(self.CLASS, """
            def everything():
                use(); log(); log()
                logging.setLogRecordFactory(lambda *a, **n: logging.LogRecord(*a, **n))
                logging.addLevelName(20, "OWN"); logging.captureWarnings(True)
                handler = logging.StreamHandler(); handler.name = "own"; logging.lastResort = handler
            """)
        self.each([a], "everything")
        references = [weakref.ref(a), weakref.ref(a.modules["main"]), weakref.ref(a.run(logging.getLoggerClass))]
        a.dispose()
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not a]
        del a
        self.assert_collected(*references)

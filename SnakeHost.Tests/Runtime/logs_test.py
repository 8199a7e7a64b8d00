import io
import logging
import logging.config

from support import TenantTest, snakehost


class LogsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.records = []
        handler = logging.Handler()
        handler.emit = lambda record: self.records.append((getattr(snakehost.current(), "id", None), record.getMessage()))
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)

    def test_configuration_is_each_tenants_own(self):
        a, b = self.pair(main="""
            import logging
            log = logging.getLogger("app")
            def configure(): logging.basicConfig(level=logging.DEBUG, format="%(levelname)s {name} %(message)s")
            def speak(): log.debug("debug"); log.warning("warning")
            """)
        self.each([a], "configure")
        self.each([a, b], "speak")
        self.assertEqual((["DEBUG a debug", "WARNING a warning"], []), (self.lines(a), self.lines(b)))
        self.assertEqual([("b", "warning")], self.records, "a tenant without handlers uses the process's")
        self.each([b], "configure")
        self.each([b], "speak")
        self.assertEqual(["DEBUG b debug", "WARNING b warning"], self.lines(b))
        self.assertEqual(logging.WARNING, logging.getLogger().level)

    def test_dict_config_disables_and_closes_nothing_of_others(self):
        outside = logging.getLogger("outside")
        stream = io.StringIO()
        outside.addHandler(logging.StreamHandler(stream))
        a, b = self.pair(main="""
            import logging, logging.config
            log = logging.getLogger("app")
            def configure():
                logging.config.dictConfig({"version": 1, "disable_existing_loggers": True,
                    "handlers": {"out": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["out"], "level": "INFO"}})
                return log.disabled
            def speak(): log.disabled = False; log.error("error {name}")
            """)
        self.each([b], "speak")
        self.assertEqual([True], self.each([a], "configure"))
        self.each([a, b], "speak")
        outside.error("still")
        self.assertEqual("still\n", stream.getvalue())
        self.assertEqual((["error a"], []), (self.lines(a), self.lines(b)))
        self.assertEqual([("b", "error b")] * 2 + [(None, "still")], self.records)

    def test_levels_and_disable(self):
        a, b = self.pair(main="""
            import logging
            def check(): return logging.getLogger("x").isEnabledFor(logging.INFO)
            def info(): logging.getLogger("x").setLevel("INFO"); return check()
            def off(): logging.disable(logging.CRITICAL); return logging.getLogger("x").isEnabledFor(logging.ERROR)
            def error(): return logging.getLogger("x").isEnabledFor(logging.ERROR)
            """)
        self.assertEqual(([False, False], [True], [False, False][1:]),
                         (self.each([a, b], "check"), self.each([a], "info"), self.each([b], "check")))
        self.assertEqual(([False], [True]), (self.each([a], "off"), self.each([b], "error")))
        self.assertTrue(logging.getLogger("x").isEnabledFor(logging.ERROR))

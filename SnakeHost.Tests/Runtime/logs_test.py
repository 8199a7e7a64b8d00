import io
import logging
import logging.config

from support import LINES, RECORDS, TRACES, TenantTest, snakehost


class LogsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.records = []
        handler = logging.Handler()
        handler.emit = lambda record: self.records.append((getattr(snakehost.current(), "id", None), record.getMessage()))
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)

    def test_what_no_handler_takes_is_written_where_the_tenant_has_put_its_standard_error(self):
        a, b = self.pair(main="""
            import contextlib, io, logging
            def redirected():
                with contextlib.redirect_stderr(io.StringIO()) as told:
                    logging.getLogger("nobody").error("told by {name}")
                logging.getLogger("nobody").error("to the gateway")
                return told.getvalue()
            """)
        logging.root.removeHandler(logging.root.handlers[-1])  # setUp's: the gateway has none
        self.assertEqual(["told by a\n", "told by b\n"], self.each([a, b], "redirected"))
        self.assertEqual(["to the gateway"] * 2, [text for _, stream, text in LINES if stream == "log"])

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

    def test_a_record_keeps_its_level_logger_and_exception(self):
        a, b = self.pair(main="""
            import logging
            log = logging.getLogger("shop.orders")
            def configure(): logging.basicConfig(level="INFO", format="[%(levelname)s] %(message)s")
            def speak():
                log.info("%s of {name}", 3)
                log.debug("not asked for")
                try:
                    {}["x"]
                except KeyError:
                    log.exception("failed")
            """)
        self.each([a], "configure")
        self.each([a], "speak")
        self.assertEqual([("a", 20, "shop.orders", "3 of a", None, None, None)], RECORDS[:1])
        id, level, logger, message, kind, text, traceback = RECORDS[1]
        self.assertEqual(("a", 40, "shop.orders", "failed", "KeyError", "'x'"), (id, level, logger, message, kind, text))
        self.assertIn("in speak", traceback)
        self.assertEqual("[INFO] 3 of a", self.lines(a)[0])
        self.assertEqual(2, len(RECORDS))

    def test_two_handlers_pass_on_one_record_and_a_file_gets_its_own(self):
        a, _ = self.pair(main="""
            import io, logging, sys
            out = io.StringIO()
            def configure(): logging.basicConfig(handlers=[logging.StreamHandler(), logging.StreamHandler(sys.stdout), logging.StreamHandler(out)])
            def speak():
                logging.warning("once")
                return out.getvalue()
            """)
        self.each([a], "configure")
        self.assertEqual((["WARNING:root:once\n"], ["WARNING:root:once"]), (self.each([a], "speak"), self.lines(a)))

    def test_where_stderr_is_redirected_the_record_is_text(self):
        a, _ = self.pair(main="""
            import contextlib, io, logging
            def speak():
                with contextlib.redirect_stderr(io.StringIO()) as captured:
                    logging.basicConfig()
                    logging.warning("captured")
                return captured.getvalue()
            """)
        self.assertEqual((["WARNING:root:captured\n"], []), (self.each([a], "speak"), RECORDS))

    def test_a_handler_keeps_the_stream_that_it_was_made_with(self):
        a, _ = self.pair(main="""
            import contextlib, io, logging
            def speak():
                logging.basicConfig()
                with contextlib.redirect_stderr(io.StringIO()) as captured:
                    logging.warning("not captured")
                return captured.getvalue()
            """)
        self.assertEqual([""], self.each([a], "speak"))
        self.assertEqual(["not captured"], [record[3] for record in RECORDS])

    def test_text_that_utf8_cannot_say(self):
        a, _ = self.pair(main="""
            import logging
            def speak(): logging.basicConfig(); logging.warning("half a \\ud800 pair")
            """)
        self.each([a], "speak")
        self.assertEqual("half a \\ud800 pair", RECORDS[0][3])

    def test_the_trace_reaches_threads_and_pools(self):
        a, _ = self.pair(main="""
            import asyncio, concurrent.futures, logging, threading
            def speak():
                print("here")
                logging.basicConfig()
                logging.getLogger("x").warning("here")
                thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    pool.submit(print, "pool").result()
                async def task(): await asyncio.to_thread(print, "task")
                loop = asyncio.new_event_loop(); loop.run_until_complete(task()); loop.close()
            """)
        token = snakehost.context.trace.set("00-trace")
        try:
            self.each([a], "speak")
        finally:
            snakehost.context.trace.reset(token)
        self.assertEqual(["00-trace"] * 5, TRACES, self.lines())
        a.run(print, "outside")
        self.assertIsNone(TRACES[-1])

    def test_a_worker_of_a_pool_has_the_trace_of_the_work_and_a_timer_that_of_who_set_it(self):
        a, _ = self.pair(main="""
            import concurrent.futures, contextvars, threading
            pool = concurrent.futures.ThreadPoolExecutor(1)
            def speak():
                pool.submit(print, "work").result()
                pool.submit(lambda: contextvars.Context().run(print, "emptied")).result()
                def outer():
                    thread = threading.Thread(target=print, args=("nested",)); thread.start(); thread.join()
                timer = threading.Timer(0, outer); timer.start(); timer.join()
            """)
        expected = []
        for trace in ("00-first", "00-second", None):
            token = snakehost.context.trace.set(trace)
            try:
                self.each([a], "speak")
            finally:
                snakehost.context.trace.reset(token)
            expected += [trace] * 3
        a.modules["main"].pool.shutdown()
        self.assertEqual(expected, TRACES, self.lines())

import contextvars
import enum
import json
import threading
import time
import types
import unittest

import support  # noqa: F401, which makes the package

from snakehost import context, notes, spans

TRACE = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"


class StatusCode(enum.Enum):
    UNSET, OK, ERROR = 0, 1, 2


class Span:
    def __init__(self, context):
        self.context = context

    def get_span_context(self):
        return self.context

    def is_recording(self):
        return False

    def set_attributes(self, attributes):
        pass


def api():
    """As much of `opentelemetry.trace` as is used; Python's own may not be installed."""
    invalid = Span(None)
    module = types.SimpleNamespace(
        NonRecordingSpan=Span, INVALID_SPAN=invalid, StatusCode=StatusCode, TraceFlags=int, SpanContext=lambda *parts: parts, TraceState=types.SimpleNamespace(from_header=list),
        get_current_span=lambda context=None: invalid, context_api=types.SimpleNamespace(get_current=dict), propagation=types.SimpleNamespace())
    spans._api(module)
    return module


class Unprintable:
    def __str__(self):
        raise LookupError("no text")


class SpansTest(unittest.TestCase):
    def setUp(self):
        self.module = api()
        context.trace.set(TRACE)
        spans.begin(TRACE, "ot=th:8")
        self.addCleanup(context.trace.set, None)
        self.addCleanup(spans.forget)

    def test_a_request_that_is_left_out_has_a_span_that_records_nothing(self):
        left_out = "00-" + "3" * 32 + "-" + "4" * 16 + "-00"
        context.trace.set(left_out)
        span = self.module.get_current_span()
        span.set_attributes({"shop.customer": 42})
        self.assertEqual((int("3" * 32, 16), int("4" * 16, 16), True, 0, None), span.get_span_context())
        self.assertFalse(span.is_recording())
        self.assertIsNone(spans.said())
        self.assertEqual({TRACE: "ot=th:8"}, spans.under_way)
        context.trace.set(TRACE)

    def test_what_the_app_starts_below_stands_for_as_many_requests(self):
        self.assertEqual(["ot=th:8"], self.module.get_current_span().get_span_context()[4])

    def said(self):
        return json.loads(spans.said())

    def test_what_is_said_becomes_what_the_gateway_can_read(self):
        span, loop = self.module.get_current_span(), []
        loop.append(loop)
        span.set_attribute(1, "no key")
        span.set_attribute([], "no key either")
        span.set_attribute("snakehost.tenant", "another")
        span.set_attributes({"none": None, "unprintable": Unprintable(), "nan": float("nan"), "huge": 1 << 70, "bytes": b"a\xff", "loop": loop, "list": [1, None, Unprintable()], "map": {"a": 1}, "whole": 7})
        span.set_attributes(7)
        self.assertEqual(
            {"nan": "nan", "huge": str(1 << 70), "bytes": "a\ufffd", "loop": ["[[...]]"], "list": [1, None, None], "map": "{'a': 1}", "whole": 7},
            self.said()["attributes"])

    def test_an_events_time_and_name_are_what_they_have_to_be(self):
        span, before = self.module.get_current_span(), time.time_ns()
        for name, at in (("float", time.time() * 1e9 + 1e9), (404, None), (Unprintable(), "soon"), ("endless", float("inf")), ("late", 1 << 70)):
            span.add_event(name, {"a": Unprintable(), 1: 2}, at)
        span.record_exception(ValueError("lost"), {"b": Unprintable()})
        events = self.said()["events"]
        self.assertEqual(["float", "404", "", "endless", "late", "exception"], [event["name"] for event in events])
        for event in events:
            self.assertIs(int, type(event["time"]))
            self.assertTrue(before <= event["time"] < 1 << 63, event)
        self.assertEqual([{}] * 5, [event["attributes"] for event in events[:5]])
        self.assertEqual("lost", events[5]["attributes"]["exception.message"])

    def test_a_status_has_text(self):
        self.module.get_current_span().set_status(StatusCode.ERROR, 404)
        self.assertEqual((True, "404"), (self.said()["isError"], self.said()["description"]))

    def test_of_a_request_that_is_over_nothing_is_kept(self):
        spans.forget()
        span = self.module.get_current_span()
        self.assertEqual((False, int("2" * 16, 16)), (span.is_recording(), span.get_span_context()[1]))
        self.assertEqual(({}, {}), (spans.known, spans.under_way))

    def test_threads_of_a_request_say_it_of_one_span_while_others_begin_and_end(self):
        def ask(number):
            self.module.get_current_span().set_attribute(f"a{number}", number)
            for other in range(200):
                trace = "00-" + "3" * 32 + "-%08x%08x-01" % (number + 1, other)
                context.trace.set(trace)
                spans.begin(trace, None)
                self.module.get_current_span()
                spans.forget()

        threads = [threading.Thread(target=contextvars.copy_context().run, args=(ask, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({f"a{number}": number for number in range(8)}, self.said()["attributes"])
        self.assertEqual([TRACE], list(spans.known))

    def test_a_status_that_is_no_text_is_the_gateways_to_refuse(self):
        self.module.get_current_span().set_attribute("a", 1)
        told = []
        notes.of_environ(lambda id, *note: told.append(id), 1, {}, 200)
        self.assertEqual([1], told)

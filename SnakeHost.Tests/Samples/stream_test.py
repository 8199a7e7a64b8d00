import asyncio
import unittest

from sample import SampleTest


class StreamTest(SampleTest):
    sample = "stream"

    def test_the_poem_comes_line_by_line(self):
        status, headers, parts = asyncio.run(self.asgi("/poem?pause=0"))
        self.assertEqual((200, "text/plain; charset=utf-8", 9), (status, headers["content-type"], len(parts)))
        self.assertNotIn("content-length", headers)
        self.assertEqual(b"A narrow Fellow in the Grass\n", parts[0])

    def test_the_clock_sends_events_until_the_client_leaves(self):
        status, headers, parts = asyncio.run(self.asgi("/clock?pause=0.001", leave_after=3))
        self.assertEqual((200, "text/event-stream"), (status, headers["content-type"]))
        self.assertGreaterEqual(len(parts), 3)
        self.assertTrue(all(part.startswith(b"id: ") and part.endswith(b"\n\n") for part in parts))
        self.assertEqual(2, len(asyncio.run(self.asgi("/clock?pause=0&count=2"))[2]))

    def test_page_head_errors_and_prefix(self):
        self.assertIn(b"EventSource", b"".join(asyncio.run(self.asgi("/"))[2]))
        self.assertEqual((200, []), asyncio.run(self.asgi("/clock", method="HEAD"))[::2])
        self.assertEqual(404, asyncio.run(self.asgi("/x"))[0])
        self.assertEqual((405, "GET, HEAD"), (lambda r: (r[0], r[1]["allow"]))(asyncio.run(self.asgi("/", method="POST"))))
        self.assertEqual(200, asyncio.run(self.asgi("/poem?pause=nan", root_path="/s", method="HEAD"))[0])

    def test_it_refuses_the_lifespan(self):
        with self.assertRaises(NotImplementedError):
            asyncio.run(self.module.app({"type": "lifespan"}, None, None))


if __name__ == "__main__":
    unittest.main()

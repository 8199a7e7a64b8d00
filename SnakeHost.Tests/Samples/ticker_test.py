import asyncio
import json
import os
import unittest

from sample import SampleTest


class TickerTest(SampleTest):
    sample = "ticker"

    def prepare(self):
        os.environ["TICKER_INTERVAL"] = "0.001"

    def test_the_background_task_feeds_the_series_while_the_lifespan_lasts(self):
        async def scenario():
            async with self.lifespan() as state:
                while state["series"].ticks < 5:
                    await asyncio.sleep(0)
                status, _, parts = await self.asgi("/data", state=state)
                data = json.loads(b"".join(parts))
                self.assertEqual(200, status)
                self.assertGreaterEqual(data["ticks"], 5)
                self.assertEqual(data["last"], data["points"][-1][1])
                self.assertLessEqual(data["low"], data["last"])
            self.assertEqual(1, len(asyncio.all_tasks()), "the task outlived the lifespan")

        asyncio.run(scenario())

    def test_without_a_lifespan_it_says_why(self):
        self.assertEqual(503, asyncio.run(self.asgi("/data"))[0])

    def test_page_and_errors(self):
        self.assertEqual(200, asyncio.run(self.asgi("/"))[0])
        self.assertEqual(200, asyncio.run(self.asgi("/", root_path="/t"))[0])
        self.assertEqual(404, asyncio.run(self.asgi("/x"))[0])
        self.assertEqual(405, asyncio.run(self.asgi("/", method="POST"))[0])

    def test_the_ring_forgets_the_oldest(self):
        import series
        ring = series.Series(size=3, seed=1)
        self.assertIsNone(ring.summary()["last"])
        for _ in range(5):
            ring.step()
        self.assertEqual((5, 3), (ring.ticks, len(ring.points)))


if __name__ == "__main__":
    unittest.main()

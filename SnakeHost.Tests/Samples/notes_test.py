import os
import tempfile
import threading
import unittest

from sample import SampleTest


class NotesTest(SampleTest):
    sample = "notes"

    def prepare(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.environ["NOTES_DB"] = os.path.join(folder.name, "notes.db")

    def add(self, text):
        from urllib.parse import urlencode
        return self.wsgi("POST", "/add", urlencode({"text": text}).encode(), CONTENT_TYPE="application/x-www-form-urlencoded")

    def test_a_note_is_kept_found_and_deleted(self):
        status, headers, body = self.add("Buy milk")
        self.assertEqual((303, "/", b""), (status, headers["Location"], body))
        self.add("100% sure")
        self.assertIn(b"2 notes", self.wsgi()[2])
        self.assertIn(b"Buy milk", self.wsgi(path="/?q=milk")[2])
        self.assertNotIn(b"Buy milk", self.wsgi(path="/?q=%25")[2])  # a percent sign, not a wildcard
        self.assertEqual(303, self.wsgi("POST", "/delete", b"id=1")[0])
        self.assertNotIn(b"Buy milk", self.wsgi()[2])
        self.assertEqual(404, self.wsgi("POST", "/delete", b"id=1")[0])

    def test_what_is_written_is_text_not_markup(self):
        self.add("<script>alert(1)</script>")
        page = self.wsgi(path="/?q=%22%3E%3Cscript")[2] + self.wsgi()[2]
        self.assertNotIn(b"<script", page)
        self.assertIn(b"&lt;script&gt;alert(1)", page)

    def test_bad_requests_are_refused(self):
        self.assertEqual(404, self.wsgi(path="/nothing")[0])
        self.assertEqual((405, "GET, HEAD, POST"), (lambda r: (r[0], r[1]["Allow"]))(self.wsgi("PUT")))
        self.assertEqual(405, self.wsgi(path="/add")[0])
        self.assertEqual(422, self.add("  ")[0])
        self.assertEqual(413, self.wsgi("POST", "/add", b"text=" + b"x" * 70_000)[0])
        self.assertEqual(403, self.wsgi("POST", "/add", b"text=x", HTTP_SEC_FETCH_SITE="cross-site")[0])
        for number in (b"x", b"-1", "²".encode(), b"9" * 30):
            self.assertEqual(404, self.wsgi("POST", "/delete", b"id=" + number)[0], number)

    def test_under_a_prefix_it_redirects_below_it(self):
        status, headers, _ = self.wsgi("POST", "/add", b"text=x", SCRIPT_NAME="/n")
        self.assertEqual((303, "/n/"), (status, headers["Location"]))
        self.assertIn(b'action="/n/add"', self.wsgi(SCRIPT_NAME="/n")[2])

    def test_many_threads_write_at_once(self):
        results = []
        threads = [threading.Thread(target=lambda i=i: results.extend(self.add(f"note {i}-{k}")[0] for k in range(5))) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([303] * 40, results)
        self.assertIn(b"40 notes", self.wsgi()[2])

    def test_head_has_no_body(self):
        status, headers, body = self.wsgi("HEAD")
        self.assertEqual((200, b""), (status, body))
        self.assertGreater(int(headers["Content-Length"]), 1000)


if __name__ == "__main__":
    unittest.main()

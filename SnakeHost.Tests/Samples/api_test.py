import json
import unittest

from sample import SampleTest


class ApiTest(SampleTest):
    sample = "api"

    def call(self, method="GET", path="/", data=None, **environ):
        body = b"" if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
        status, headers, content = self.wsgi(method, path, body, CONTENT_TYPE="application/json", **environ)
        return status, headers, json.loads(content) if content else None

    def test_pages_link_to_their_neighbours(self):
        status, headers, page = self.call(path="/snakes?page=2&size=5")
        self.assertEqual((200, 12, [6, 7, 8, 9, 10]), (status, page["total"], [s["id"] for s in page["items"]]))
        self.assertIn('</snakes?page=3&size=5>; rel="next"', headers["Link"])
        self.assertIn('</snakes?page=1&size=5>; rel="prev"', headers["Link"])
        self.assertEqual(4, self.call(path="/snakes?name=python")[2]["total"])
        self.assertEqual([], self.call(path="/snakes?page=99")[2]["items"])
        for query in ("page=0", "page=x", "size=1000", "size=", "page=%C2%B2", "page=99999999999"):
            self.assertEqual(400, self.call(path="/snakes?" + query)[0], query)

    def test_a_snake_is_made_changed_and_removed(self):
        boa = {"name": "Boa", "length_m": 3}
        status, headers, made = self.call("POST", "/snakes", boa)
        self.assertEqual((201, "/snakes/13", 13), (status, headers["Location"], made["id"]))
        self.assertEqual((200, True), (lambda r: (r[0], r[2]["venomous"]))(self.call("PUT", "/snakes/13", {**boa, "venomous": True})))
        self.assertEqual((204, None), self.call("DELETE", "/snakes/13")[::2])
        for method in ("GET", "DELETE", "PUT"):
            self.assertEqual(404, self.call(method, "/snakes/13", boa if method == "PUT" else None)[0])

    def test_what_is_wrong_is_said(self):
        for data, status in ((b"{", 400), ([], 422), ({"name": ""}, 422), ({"name": "x", "length_m": True}, 422),
                             ({"name": "x", "length_m": float("nan")}, 422), ({"name": "x", "length_m": 1, "legs": 2}, 422), (b"[" * 100_000, 400)):
            got, headers, problem = self.call("POST", "/snakes", data)
            self.assertEqual((status, "application/problem+json", status), (got, headers["Content-Type"], problem["status"]))
        self.assertEqual(415, self.wsgi("POST", "/snakes", b"{}", CONTENT_TYPE="text/plain")[0])
        self.assertEqual("DELETE, GET, HEAD, PUT", self.call("PATCH", "/snakes/1")[1]["Allow"])
        self.assertEqual(404, self.call(path="/snakes/%s" % "9" * 40)[0])
        self.assertEqual((200, None), self.call("HEAD", "/snakes/1")[::2])

    def test_under_a_prefix_links_stay_below_it(self):
        self.assertIn("</a/snakes?page=1", self.call(path="/snakes", SCRIPT_NAME="/a")[1]["Link"])


if __name__ == "__main__":
    unittest.main()

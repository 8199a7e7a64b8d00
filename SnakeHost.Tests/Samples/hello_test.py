import unittest

from sample import SampleTest


class HelloTest(SampleTest):
    sample = "hello"

    def test_it_greets_in_the_language_asked_for(self):
        self.assertEqual((200, b"Hello, world!\n"), self.wsgi()[::2])
        self.assertEqual("Hallo, Jörg!\n", self.wsgi(path="/JÃ¶rg", HTTP_ACCEPT_LANGUAGE="de-CH, en")[2].decode())
        self.assertEqual(b"Hello, Ada!\n", self.wsgi(path="/Ada", HTTP_ACCEPT_LANGUAGE="xx")[2])

    def test_bytes_that_are_no_utf8_are_replaced(self):
        self.assertEqual("Hello, \ufffd!\n", self.wsgi(path="/\xff")[2].decode())


if __name__ == "__main__":
    unittest.main()

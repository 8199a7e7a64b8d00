import csv
import email.charset
import gettext
import mimetypes
import os
import socket
import struct
import urllib.request
import weakref
import xml.etree.ElementTree as ElementTree

from support import TenantTest


class RegistriesTest(TenantTest):
    """Registries and settings of standard modules."""

    def test_prefixes_of_namespaces(self):
        a, b = self.pair(main="""
            import xml.etree.ElementTree as ET
            def register(): ET.register_namespace("{name}" if "{name}" != "a" else "", "http://svg")
            def written():
                tree = ET.fromstring('<svg xmlns="http://svg"/>')
                return ET.tostring(tree).decode(), ET.canonicalize(ET.tostring(tree), rewrite_prefixes=False)
            """)
        self.each([a], "register")
        self.assertEqual([("<svg xmlns=\"http://svg\" />"), "<ns0:svg xmlns:ns0=\"http://svg\" />"],
                         [text for text, _ in self.each([a, b], "written")])
        self.each([b], "register")
        self.assertEqual(['<svg xmlns="http://svg" />', '<b:svg xmlns:b="http://svg" />'], [text for text, _ in self.each([a, b], "written")])
        self.assertNotIn("http://svg", ElementTree._namespace_map)

    def catalogue(self, folder, domain, **messages):
        """A .mo file."""
        items = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
        keys, values = [k.encode() for k, _ in items], [v.encode() for _, v in items]
        start = 28 + 16 * len(items)
        table, data = [], b""
        for texts in (keys, values):
            for text in texts:
                table.append((len(text), start + len(data)))
                data += text + b"\0"
        path = os.path.join(self.root, folder, "xx", "LC_MESSAGES")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, domain + ".mo"), "wb") as file:
            file.write(struct.pack("<7I", 0x950412de, 0, len(items), 28, 28 + 8 * len(items), 0, start))
            file.write(b"".join(struct.pack("<2I", *entry) for entry in table) + data)

    def test_domains_of_gettext(self):
        for name in ("a", "b"):
            self.catalogue(name, "shop", hello=f"hello of {name}")
            self.write(name, main="""
                import gettext, os
                from gettext import gettext as _
                def bind():
                    gettext.bindtextdomain("shop", os.path.dirname(__file__))
                    return gettext.textdomain("shop")
                def hello(): return _("hello"), gettext.textdomain(), gettext.dgettext("shop", "hello")
                class Own(gettext.GNUTranslations): pass
                def translation(): return type(gettext.translation("shop", os.path.dirname(__file__), class_=Own)).__module__
                """)
        a, b = (self.generation(n, environment={"LANGUAGE": "xx"}) for n in ("a", "b"))
        self.assertEqual(["shop"], self.each([a], "bind"))
        self.assertEqual([("hello of a", "shop", "hello of a"), ("hello", "messages", "hello")], self.each([a, b], "hello"))
        self.each([b], "bind")
        self.assertEqual([("hello of a", "shop", "hello of a"), ("hello of b", "shop", "hello of b")], self.each([a, b], "hello"))
        self.assertEqual("messages", gettext.textdomain())
        self.each([a], "translation")
        reference = weakref.ref(a.modules["main"].Own)
        a.dispose()
        self.assert_collected(reference)

    def test_types_of_files(self):
        a, b = self.pair(main="""
            import mimetypes
            def add(): mimetypes.add_type("text/of-{name}", ".own"); mimetypes.types_map[".direct"] = "x/{name}"; mimetypes.add_type("text/plain", ".plain")
            def look(): return mimetypes.guess_type("f.own")[0], mimetypes.guess_type("f.direct")[0], mimetypes.guess_extension("text/of-a"), ".plain" in mimetypes.guess_all_extensions("text/plain"), mimetypes.guess_type("f.html.gz")
            def init(): mimetypes.init([]); return mimetypes.guess_type("f.own")[0]
            def process(): return mimetypes.guess_type("f.process")[0]
            """)
        html = ("text/html", "gzip")
        self.assertEqual([(None, None, None, False, html)] * 2, self.each([a, b], "look"))
        self.each([a], "add")
        self.assertEqual([("text/of-a", "x/a", ".own", True, html), (None, None, None, False, html)], self.each([a, b], "look"))
        self.assertIsNone(mimetypes.guess_type("f.own")[0])
        mimetypes.add_type("text/process", ".process")
        self.assertEqual(["text/process"] * 2, self.each([a, b], "process"))
        self.assertEqual([None], self.each([b], "init"))
        self.assertEqual(["text/of-a"], [found[0] for found in self.each([a], "look")])

    def test_openers(self):
        a, b = self.pair(main="""
            import io, urllib.request, urllib.response
            class Own(urllib.request.BaseHandler):
                def own_open(self, request): return urllib.response.addinfourl(io.BytesIO(b"{name}"), {}, request.full_url, 200)
            def install(): urllib.request.install_opener(urllib.request.build_opener(Own))
            def read():
                try: return urllib.request.urlopen("own://x").read().decode()
                except OSError as error: return "unknown" in str(error)
            """)
        self.each([a], "install")
        self.assertEqual(["a", True], self.each([a, b], "read"))
        self.each([b], "install")
        self.assertEqual(["a", "b"], self.each([a, b], "read"))
        self.assertRaises(OSError, urllib.request.urlopen, "own://x")

    def test_timeouts_of_sockets(self):
        a, b = self.pair(main="""
            import socket
            def set(): socket.setdefaulttimeout(7.5)
            def unset(): socket.setdefaulttimeout(None)
            def wrong():
                for value in (-1, "x"):
                    try: socket.setdefaulttimeout(value)
                    except (ValueError, TypeError): continue
                    return False
                return True
            def look():
                found = [socket.getdefaulttimeout()]
                server = socket.create_server(("127.0.0.1", 0))
                client = socket.create_connection(server.getsockname())
                accepted, _ = server.accept()
                found += [s.gettimeout() for s in (server, client, accepted)]
                with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as never: found.append(never.gettimeout())
                for s in (server, client, accepted): s.close()
                return found
            """)
        self.each([a], "set")
        self.assertEqual([[7.5, 7.5, 7.5, 7.5, 0.0], [None, None, None, None, 0.0]], self.each([a, b], "look"))
        self.assertIsNone(socket.getdefaulttimeout())
        self.assertEqual([True], self.each([a], "wrong"))
        socket.setdefaulttimeout(3)
        try:
            self.each([a], "unset")
            self.assertEqual([[None] * 4 + [0.0], [3.0] * 4 + [0.0]], self.each([a, b], "look"))
        finally:
            socket.setdefaulttimeout(None)

    def test_dialects(self):
        a, b = self.pair(main="""
            import csv, io
            def register(): csv.register_dialect("own", delimiter=";" if "{name}" == "a" else "|", quoting=csv.QUOTE_ALL)
            def use():
                out = io.StringIO()
                writer = csv.DictWriter(out, ["x", "y"], dialect="own"); writer.writerow(dict(x=1, y=2))
                return next(csv.reader(out.getvalue().splitlines(), "own")), out.getvalue().strip(), "own" in csv.list_dialects(), csv.get_dialect("own").delimiter
            def derived():
                csv.register_dialect("derived", "own", quotechar="'")
                return csv.get_dialect("derived").delimiter, next(csv.reader(["'1';2"], dialect="derived"))
            def known(): return "own" in csv.list_dialects()
            def remove(name="own"):
                csv.unregister_dialect(name)
                try: csv.unregister_dialect(name)
                except csv.Error: return name in csv.list_dialects()
            def remove_excel():
                gone = remove("excel-tab")
                try: csv.reader([], "excel-tab")
                except csv.Error: return gone
            def wrong():
                for call in (lambda: csv.register_dialect("x", delimiter="too long"), lambda: csv.register_dialect(1), lambda: csv.get_dialect("missing"), lambda: csv.reader([], "missing")):
                    try: call()
                    except (TypeError, csv.Error): continue
                    return False
                return "x" not in csv.list_dialects()
            """)
        self.each([a], "register")
        self.assertEqual([(["1", "2"], '"1";"2"', True, ";")], self.each([a], "use"))
        self.assertEqual([False], self.each([b], "known"))
        self.each([b], "register")
        self.assertEqual([";", "|"], [found[-1] for found in self.each([a, b], "use")])
        self.assertEqual([(";", ["1", "2"])], self.each([a], "derived"))
        self.assertEqual(([False], [True]), (self.each([a], "remove"), self.each([b], "known")))
        self.assertEqual([False], self.each([a], "remove_excel"))
        self.assertEqual([True, True], self.each([a, b], "wrong"))
        self.assertEqual({"excel", "excel-tab", "unix"}, set(csv.list_dialects()))

    def test_charsets_of_mail(self):
        a, b = self.pair(main="""
            from email import charset
            def add(): charset.add_charset("utf-8", charset.SHORTEST, None, "utf-8"); charset.add_alias("own", "utf-8"); charset.add_codec("utf-8", "utf-8")
            def body(): return charset.Charset("utf-8").get_body_encoding() , str(charset.Charset("own"))
            """)
        before = email.charset.Charset("utf-8").get_body_encoding()
        self.each([a], "add")
        found = self.each([a, b], "body")
        self.assertNotEqual(before, found[0][0])
        self.assertEqual(("utf-8", (before, "own")), (found[0][1], found[1]))
        self.assertNotIn("own", email.charset.ALIASES)

    def test_nothing_keeps_a_disposed_generation(self):
        a, b = self.pair(main="""
            import csv, gettext, mimetypes, socket, urllib.request, xml.etree.ElementTree as ET
            class Own(urllib.request.BaseHandler): pass
            class Dialect(csv.excel): pass
            csv.register_dialect("own", Dialect)
            urllib.request.install_opener(urllib.request.build_opener(Own))
            ET.register_namespace("own", "http://own")
            mimetypes.add_type("x/own", ".own")
            socket.setdefaulttimeout(9)
            """)
        a.run(__import__, "main")
        references = [weakref.ref(a), weakref.ref(a.modules["main"].Own), weakref.ref(a.modules["main"].Dialect)]
        a.dispose()
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not a]
        del a
        self.assert_collected(*references)

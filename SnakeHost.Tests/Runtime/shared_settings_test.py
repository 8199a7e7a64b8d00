import locale
import ssl

from support import TenantTest

SOURCE = """
import locale, resource, ssl
def sets():
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    for _ in range(2):
        resource.setrlimit(resource.RLIMIT_CORE, limit)
        locale.setlocale(locale.LC_CTYPE, locale.setlocale(locale.LC_CTYPE))
def asks():
    return locale.setlocale(locale.LC_ALL)
def trusts_all():
    ssl._create_default_https_context = ssl._create_unverified_context
def verifies():
    import http.client
    connection = http.client.HTTPSConnection("localhost")
    return connection._context.verify_mode == ssl.CERT_REQUIRED
"""


class SharedSettingsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)

    def test_who_sets_what_holds_for_all_is_told_once(self):
        self.each([self.a, self.b], "asks")
        self.each([self.a], "sets")
        self.assertEqual([f"snakehost: {name}() holds for all apps in this process" for name in ("resource.setrlimit", "locale.setlocale")],
                         self.lines(self.a))
        self.assertEqual([], self.lines(self.b))
        locale.setlocale(locale.LC_CTYPE, locale.setlocale(locale.LC_CTYPE))
        self.assertEqual(2, len(self.lines()))

    def test_who_turns_the_check_of_certificates_off_does_so_for_itself(self):
        self.each([self.a], "trusts_all")
        self.assertEqual([False, True], self.each([self.a, self.b], "verifies"))
        self.assertIs(ssl.create_default_context, ssl._create_default_https_context)
        self.assertEqual([True], self.each([self.generation("a")], "verifies"))

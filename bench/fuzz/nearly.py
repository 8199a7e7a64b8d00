"""Requests that are nearly right: a valid one, and up to two changes of it, chosen by a seed. Each change has a name, by which results are put together."""
import random

# HOST becomes the host of the app that is asked.
NEXT = b"GET /next HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"

CONTROLS = [bytes([value]) for value in (*range(0, 32), 127)]
SEPARATORS = [bytes([value]) for value in b'"(),/:;<=>?@[\\]{} \t']
HIGH = [b"\x80", b"\xa0", b"\xff", "\u00e9".encode(), "\u2028".encode()]
LENGTHS = [b"5", b"05", b"+5", b"-5", b"5,5", b"5, 6", b"0x5", b"5 ", b" 5", b"5\t", b"", b"5e0", b"5_0", b"\xb2", b"99999999999999999999", b"0", b"3", b"5;a=b", b'"5"']
CODINGS = [b"chunked", b"Chunked", b"chunked ", b" chunked", b"identity", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"xchunked", b"", b'"chunked"', b"chunked;q=1",
           b",chunked", b"chunked,", b"\x0bchunked", b"identity, chunked"]
CHUNKS = [b"5\r\nhello\r\n0\r\n\r\n", b"05\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
          b"+5\r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloxx0\r\n\r\n", b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", b"5\r\nhello\r\n0\r\nX(T: 1\r\n\r\n",
          b"5\r\nhello\r\n0\r\nX-T: \x01\r\n\r\n", b"5;a\x01=b\r\nhello\r\n0\r\n\r\n", b"5;\"\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5_0\r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n",
          b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n00\r\n\r\n", b"5\r\nhello\r\n0\r\n\n"]
TARGETS = [b"/x", b"/x#f", b"//x", b"/x//y", b"/a/../b", b"/a/./b", b"/%2e%2e/b", b"/a%2fb", b"/%zz", b"/%", b"/%00", b"/x?", b"/x?a=b#c", b"/x?a?b", b"*", b"x", b"", b"/x;y", b"/a\\b",
           b"http://HOST/x", b"http://HOST", b"http://HOST?a=b", b"http://HOST:80/x", b"HTTP://HOST/x", b"https://HOST/x", b"ftp://HOST/x", b"http://u@HOST/x", b"http://other.localhost/x",
           b"http:///x", b"http://HOST/a%2fb", b"HOST:80", b"/" + b"a" * 2000, b'/"', b"/<>", b"/^`{|}", b"/[x]"]
METHODS = [b"GET", b"get", b"FOO", b"G-T", b"OPTIONS", b"HEAD", b"TRACE", b"CONNECT", b"DELETE", b"G\x01T", b"G(T", b"G/T", b"", b"GET ", b"PRI", b"M" * 40, b"G_T", b"G#T"]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 ", b"HTTP/01.1", b"HTTP/1.10", b"HTTP/1", b"HTTP/1,1", b"HTTP/ 1.1", b"HTTPS/1.1", b""]
HOSTS = [b"HOST", b"HOST:80", b"HOST:", b"HOST:99999", b"HOST:x", b"HOST.", b"", b"a=b", b"a+b", b"a,b", b"a b", b"a_b", b"a/b", b"u@HOST", b"[::1]", b"[::1", b"xn--99999999.localhost",
         b"xn--bcher-kva.localhost", b"a%20b", b"~a", b"a!b", b"\xe9.localhost", b"HOST, HOST", b"*", b"a\x01b", b".", b"a..b"]
ENDS = [b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b" \r\n", b"\x0b\r\n", b"\x85\r\n"]
NAMES = [b"Content-Length", b"Transfer-Encoding", b"Host", b"Connection", b"Expect", b"Upgrade", b"Cookie", b"X-Test"]


class Request:
    """A request in parts, so that changes can be made one upon the other."""

    def __init__(self, kind):
        self.method, self.target, self.version = b"GET", b"/x", b"HTTP/1.1"
        self.spaces = [b" ", b" "]
        self.host = b"HOST"
        self.fields = []
        self.ends = {}
        self.body = b""
        self.lead = b""
        self.changes = []
        if kind == "length":
            self.method, self.body = b"POST", b"hello"
            self.fields.append([b"Content-Length", b": ", b"5"])
        elif kind == "chunked":
            self.method, self.body = b"POST", CHUNKS[0]
            self.fields.append([b"Transfer-Encoding", b": ", b"chunked"])

    def __bytes__(self):
        lines = [self.method + self.spaces[0] + self.target + self.spaces[1] + self.version]
        if self.host is not None:
            lines.append(b"Host: " + self.host)
        lines += [b"".join(field) for field in self.fields]
        text = b"".join(line + self.ends.get(number, b"\r\n") for number, line in enumerate(lines))
        return self.lead + text + self.ends.get(-1, b"\r\n") + self.body


def byte_name(value):
    return "".join(f"{code:02x}" for code in value)


def insert(chance, text, value):
    place = chance.randint(0, len(text))
    return text[:place] + value + text[place:], "first" if place == 0 else "last" if place == len(text) else "inside"


def change(chance, request):
    """Makes one change and says which."""
    kind = chance.choice(("name", "name", "value", "value", "target byte", "target byte", "target", "method", "version", "host", "length", "coding", "chunk", "end", "space", "colon", "double", "fold", "lead"))
    odd = chance.choice(CONTROLS + SEPARATORS + HIGH)
    if kind == "name":
        name, place = insert(chance, chance.choice(NAMES), odd)
        request.fields.append([name, b": ", b"5"])
        return f"name: {byte_name(odd)} {place}"
    if kind == "value":
        value, place = insert(chance, b"abc", odd)
        request.fields.append([chance.choice((b"X-Test", b"Cookie", b"User-Agent")), b": ", value])
        return f"value: {byte_name(odd)} {place}"
    if kind == "target byte":
        rest, place = insert(chance, chance.choice((b"abc", b"a?bc")), odd)
        request.target = b"/" + rest
        return f"target: {byte_name(odd)} {place}"
    if kind == "target":
        request.target = chance.choice(TARGETS)
        return f"target {request.target[:30]!r}"
    if kind == "method":
        request.method = chance.choice(METHODS)
        return f"method {request.method[:10]!r}"
    if kind == "version":
        request.version = chance.choice(VERSIONS)
        return f"version {request.version!r}"
    if kind == "host":
        request.host = chance.choice([*HOSTS, None])
        return f"host {request.host!r}"
    if kind == "length":
        value = chance.choice(LENGTHS)
        request.fields.append([b"Content-Length", b": ", value])
        return f"one more length {value!r}"
    if kind == "coding":
        value = chance.choice(CODINGS)
        request.fields.append([b"Transfer-Encoding", b": ", value])
        return f"one more coding {value!r}"
    if kind == "chunk":
        request.method, request.body = b"POST", chance.choice(CHUNKS)
        request.fields = [[b"Transfer-Encoding", b": ", b"chunked"]]
        return f"chunks {request.body[:40]!r}"
    if kind == "end":
        line, end = chance.choice((0, 1, 2, -1)), chance.choice(ENDS)
        if line == 2:
            request.fields.append([b"X-Test", b": ", b"a"])
            line = 1 + len(request.fields) - (request.host is None)
        request.ends[line] = end
        return f"end of {'request line' if line == 0 else 'head' if line == -1 else 'field'} {end!r}"
    if kind == "space":
        which, space = chance.randint(0, 1), chance.choice((b"  ", b"\t", b"\x0b", b"", b"\x00", b"\xa0"))
        request.spaces[which] = space
        return f"space {which} {space!r}"
    if kind == "colon":
        name, colon = chance.choice(NAMES), chance.choice((b":", b" : ", b"\t: ", b"", b"::", b":\t", b":\x0b", b": \t "))
        request.fields.append([name, colon, b"5"])
        return f"colon {colon!r}"
    if kind == "double":
        request.fields.append([b"Host", b": ", chance.choice((b"HOST", b"other.localhost"))])
        return "one more Host"
    if kind == "fold":
        request.fields.append([b"X-Test", b": ", b"a\r\n" + chance.choice((b" ", b"\t")) + b"b"])
        return "folded field"
    request.lead = chance.choice((b"\r\n", b"\n", b"\r", b" ", b"\x00", b"\r\n\r\n"))
    return f"lead {request.lead!r}"


def generate(seed, count):
    """Pairs of a name and the bytes, each the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        request = Request(chance.choice(("none", "none", "length", "chunked")))
        names = [change(chance, request) for _ in range(1 if chance.random() < 0.8 else 2)]
        yield " + ".join(names), bytes(request)

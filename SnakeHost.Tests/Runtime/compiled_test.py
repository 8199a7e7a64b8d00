"""The distribution's packages with C extensions, copied into virtual environments: right at first, after a save and after an installation."""
import concurrent.futures
import glob
import os
import shutil
import sys

import wheels
from packages_test import PackagesCase

# Each says True as long as the extension and the package's Python code belong together.
USES = {
    "numpy": (["numpy"], """
        import numpy
        def right():
            numbers = numpy.arange(6).reshape(2, 3)
            caught = False
            try:
                numpy.linalg.inv(numpy.zeros((2, 2)))
            except numpy.linalg.LinAlgError:
                caught = True
            return caught and isinstance(numbers, numpy.ndarray) and numbers.sum(axis=0).tolist() == [3, 5, 7] and numpy.dtype(bool) == numpy.bool_
        """),
    "cryptography": (["cryptography", "_cffi_backend*"], """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes, hmac
        def right():
            signer = hmac.HMAC(b"key", hashes.SHA256())
            try:
                signer.verify(b"0" * 32)
            except InvalidSignature:
                return True
        """),
    "yaml": (["yaml", "_yaml"], """
        import yaml
        def right(): return yaml.load("a: [1, x]", Loader=yaml.CSafeLoader) == {"a": [1, "x"]} and yaml.dump({}, Dumper=yaml.CSafeDumper) == "{}\\n"
        """),
    "lxml": (["lxml"], """
        from lxml import etree
        def right():
            try:
                etree.fromstring("<a>")
            except etree.XMLSyntaxError:
                return etree.fromstring("<a><b/></a>").find("b").tag == "b"
        """),
    "orjson": (["orjson"], """
        import json, orjson
        def right():
            try:
                orjson.loads(b"{")
            except json.JSONDecodeError:
                return orjson.dumps({"a": 1}) == b'{"a":1}'
        """),
    "msgpack": (["msgpack"], """
        import msgpack
        def right(): return msgpack.unpackb(msgpack.packb([msgpack.Timestamp(1)]))[0] == msgpack.Timestamp(1)
        """),
    "pydantic": (["pydantic", "pydantic_core", "typing_extensions.py", "typing_inspection", "annotated_types"], """
        import pydantic
        class Item(pydantic.BaseModel):
            number: int
        def right():
            try:
                Item(number="x")
            except pydantic.ValidationError:
                return Item(number="3").number == 3
        """),
}


class CompiledTest(PackagesCase):
    def copy(self, patterns, packages):
        """From where the interpreter has them; hard links, since numpy is large."""
        for pattern in patterns:
            for place in self.found(pattern):
                target = os.path.join(packages, os.path.basename(place))
                if os.path.isdir(place):
                    shutil.copytree(place, target, ignore=shutil.ignore_patterns("__pycache__", "tests"), copy_function=link)
                else:
                    link(place, target)

    @staticmethod
    def found(pattern):
        entries = [entry for entry in sys.path if os.path.basename(entry) in ("dist-packages", "site-packages")]
        return next(filter(None, (glob.glob(os.path.join(entry, pattern)) for entry in entries)), [])

    def check(self, patterns, source):
        if not self.found(patterns[0]):
            self.skipTest(f"{patterns[0]} is not installed")
        venvs = [self.venv, self.make_venv("other", {})]
        for venv in venvs:
            self.copy(patterns, wheels.packages_of(venv))
        for change in (lambda: None, lambda: os.utime(self.packages), lambda: self.install("kit", "1", {"kit.py": ""}),
                       lambda: self.install("kit", "2", {"kit.py": ""}), lambda: wheels.uninstall("kit", self.packages)):
            change()
            for name, venv in zip("abc", [venvs[0], *venvs]):
                self.write(name, main=source)
                self.assertTrue(self.is_right(self.generation(name, venv)))
        for name in "aab":
            private = [os.path.basename(pattern).partition(".")[0] for pattern in patterns if "*" not in pattern]
            self.assertTrue(self.is_right(self.generation(name, self.venv, private)), "a private copy")

    @staticmethod
    def is_right(tenant):
        """In a thread of its own, as in the gateway: lxml keeps its errors with the thread, under a name that all copies use."""
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            return thread.submit(tenant.run, lambda: __import__("main").right()).result()


def link(source, target, **options):
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)


def _test(patterns, source):
    return lambda self: self.check(patterns, source)


for _name, _use in USES.items():
    setattr(CompiledTest, f"test_{_name}_is_whole_after_reloads_and_installations", _test(*_use))
del _name, _use

import os
import re
import sys
import sysconfig
import tempfile
import unittest
from importlib import metadata

import support  # noqa: F401 (makes the package importable)
from snakehost import distributions

LONG = """Metadata-Version: 2.1
Name: Kit
License: This one
        \x20
        Name: not this
        Requires-Dist: nor-this
Requires-Dist: one (>=1.0)
Requires-Dist: two; extra == "more"

Requires-Dist: a-description-says-so
"""


class DistributionsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, **files):
        for name, text in files.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)

    def only(self):
        [found] = distributions.installed([self.folder])
        return found

    def test_fields_of_the_head_alone_count(self):
        self.write(**{"Kit-1.dist-info/METADATA": LONG})
        self.assertEqual(("Kit", ["one (>=1.0)", 'two; extra == "more"']), (self.only().name, self.only().requires))

    def test_modules_of_a_record(self):
        self.write(**{
            "kit-1.dist-info/METADATA": "Name: kit\n",
            "kit-1.dist-info/RECORD": 'kit/__init__.py,sha256=x,1\n"odd,name/a.py",,\n../bin/kit.py,,\n_kit.cpython-311.so,,\nkit/data.txt,,\n'
                                      "kit-1.dist-info/RECORD,,\nshared/sub/deep.pyd,,\n"})
        self.assertEqual({"kit", "_kit", "shared"}, self.only().tops())

    def test_without_a_list_of_files_the_name_tells(self):
        self.write(**{"two.words_api-1.dist-info/METADATA": "Name: two.words-api\n", "two_words/__init__.py": "", "two/__init__.py": ""})
        self.assertEqual({"two_words"}, self.only().tops())

    def test_without_a_list_of_files_and_a_module_of_the_name_there_is_none(self):
        self.write(**{"kit-1.dist-info/METADATA": "Name: kit\n"})
        self.assertEqual(set(), self.only().tops())

    def test_what_is_declared_goes_before_the_record(self):
        self.write(**{"kit-1.dist-info/METADATA": "Name: kit\n", "kit-1.dist-info/top_level.txt": "kit\n_kit\n", "kit-1.dist-info/RECORD": "other.py,,\n"})
        self.assertEqual({"kit", "_kit"}, self.only().tops())

    def test_a_folder_of_setuptools(self):
        self.write(**{
            "kit-1.egg-info/PKG-INFO": "Name: kit\n",
            "kit-1.egg-info/requires.txt": 'plain>=1\n\n[more]\nextra\n\n[:python_version < "3"]\nold\n\n[test:os_name == "nt"]\nboth\n',
            "kit-1.egg-info/installed-files.txt": "../kit/__init__.py\n../_kit.py\nPKG-INFO\n"})
        self.assertEqual(
            ["plain>=1", 'extra; extra == "more"', 'old; python_version < "3"', 'both; (os_name == "nt") and extra == "test"'],
            self.only().requires)
        self.assertEqual({"kit", "_kit"}, self.only().tops())

    def test_a_file_of_distutils(self):
        self.write(**{"kit-1.egg-info": "Name: kit\n"})
        self.assertEqual(("kit", [], set()), (self.only().name, self.only().requires, self.only().tops()))

    def test_broken_metadata_says_nothing_about_the_others(self):
        self.write(**{"a-1.dist-info/RECORD": "a.py,,\n", "b-1.dist-info/METADATA": "\nName: b\n", "kit-1.dist-info/METADATA": "Name: kit\n"})
        self.assertEqual("kit", self.only().name)
        self.assertEqual([], list(distributions.installed([os.path.join(self.folder, "missing")])))

    def test_the_library_reads_the_same(self):
        """All that is installed for this interpreter."""
        places = [path for path in sys.path if path.endswith("-packages")] or [sysconfig.get_path("purelib")]

        def plain(requirements):
            return sorted(re.sub(r"\s+", "", requirement) for requirement in requirements or ())

        expected = sorted((d.metadata["Name"], plain(d.requires)) for d in metadata.distributions(path=places) if d.metadata["Name"])
        self.assertEqual(expected, sorted((d.name, plain(d.requires)) for d in distributions.installed(places)))

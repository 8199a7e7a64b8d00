import importlib.util
import os
import pathlib
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve()
# Beside the package, here as where it is installed.
PATH = pathlib.Path(os.environ.get("SNAKEHOST_TEST_RUNTIME") or HERE.parents[2] / "SnakeHost.Gateway" / "snakehost").parent / "gateway.py"


class GatewayTest(unittest.TestCase):
    """How gateway.py finds .NET. That it starts the gateway is tested with the gateway."""

    def setUp(self):
        spec = importlib.util.spec_from_file_location("gateway", PATH)
        self.gateway = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.gateway)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def install(self, name, *versions, framework="Microsoft.AspNetCore.App/10.0.1"):
        root = os.path.join(self.root, name)
        os.makedirs(os.path.join(root, "shared", framework), exist_ok=True)
        for version in versions:
            folder = os.path.join(root, "host", "fxr", version)
            os.makedirs(folder)
            open(os.path.join(folder, "libhostfxr.so"), "w").close()
        command = os.path.join(root, "dotnet")
        open(command, "w").close()
        os.chmod(command, 0o755)
        return root

    def found(self, **environment):
        with mock.patch.dict(os.environ, environment, clear=True):
            return self.gateway.host()

    def test_the_newest_version_is_taken_and_a_release_before_its_previews(self):
        root = self.install("dotnet", "9.0.11", "10.0.2", "10.0.10-rc.1", "10.0.9")
        self.assertEqual(f"{root}/host/fxr/10.0.10-rc.1/libhostfxr.so", self.found(DOTNET_ROOT=root))
        self.install("dotnet", "10.0.10")
        self.assertEqual(f"{root}/host/fxr/10.0.10/libhostfxr.so", self.found(DOTNET_ROOT=root))

    def test_a_version_without_the_library_is_passed_over(self):
        root = self.install("dotnet", "10.0.1")
        os.makedirs(os.path.join(root, "host", "fxr", "11.0.0"))
        self.assertEqual(f"{root}/host/fxr/10.0.1/libhostfxr.so", self.found(DOTNET_ROOT=root))

    def test_the_variable_goes_before_the_command_which_may_be_a_link(self):
        named, installed = self.install("named", "10.0.1"), self.install("installed", "10.0.2")
        os.makedirs(os.path.join(self.root, "bin"))
        os.symlink(os.path.join(installed, "dotnet"), os.path.join(self.root, "bin", "dotnet"))
        path = os.path.join(self.root, "bin")
        self.assertEqual(f"{named}/host/fxr/10.0.1/libhostfxr.so", self.found(DOTNET_ROOT=named, PATH=path))
        self.assertEqual(f"{installed}/host/fxr/10.0.2/libhostfxr.so", self.found(DOTNET_ROOT="/nowhere", PATH=path))

    def test_one_that_can_run_the_gateway_goes_before_one_that_cannot(self):
        older = self.install("older", "8.0.22", framework="Microsoft.AspNetCore.App/8.0.22")
        bare = self.install("bare", "10.0.3", framework="Microsoft.NETCore.App/10.0.3")
        suits = self.install("suits", "10.0.2")
        for roots, root, version in (([older, bare, suits], suits, "10.0.2"), ([older, bare], older, "8.0.22")):
            with mock.patch.object(self.gateway, "roots", lambda roots=roots: roots):
                self.assertEqual(f"{root}/host/fxr/{version}/libhostfxr.so", self.gateway.host())

    def test_without_dotnet_it_says_what_to_do(self):
        with mock.patch.object(self.gateway, "roots", lambda: [None, "/nowhere"]), self.assertRaises(SystemExit) as ended:
            self.gateway.begin()
        self.assertIn("DOTNET_ROOT", ended.exception.code)


if __name__ == "__main__":
    unittest.main()

import sys

from support import TenantTest, snakehost


class PathTest(TenantTest):
    def test_entries_that_an_app_adds_are_its_own(self):
        for name in "ab":
            self.write_files(name, {
                "lib/helper.py": "name = '{name}'", "last/tail.py": "name = 'tail-{name}'",
                "main.py": """
                    import os, sys
                    here = os.path.dirname(__file__)
                    sys.path.insert(0, os.path.join(here, "lib"))
                    sys.path.append(os.path.join(here, "last"))
                    import helper, tail
                    def who(): return helper.name, tail.name, sys.path[0], sys.path[-1]
                    """})
        before = list(sys.path)
        tenants = [self.generation(n) for n in "ab"]
        self.assertEqual(
            [(n, f"tail-{n}", f"{self.root}/{n}/lib", f"{self.root}/{n}/last") for n in "ab"],
            self.each(tenants, "who"))
        self.assertEqual(before, list(sys.path))

    def test_assigning_a_new_list_stays_in_the_tenant(self):
        for name in "ab":
            self.write_files(name, {
                "lib/helper.py": "name = '{name}'", "late.py": "name = '{name}'",
                "main.py": """
                    import os, sys
                    sys.path = [os.path.join(os.path.dirname(__file__), "lib")] + sys.path
                    import helper, late
                    def who(): return helper.name, late.name, sys.path[1] == os.path.dirname(__file__)
                    """})
        view = sys.path
        self.assertEqual([(n, n, True) for n in "ab"], self.each([self.generation(n) for n in "ab"], "who"))
        self.assertIs(view, sys.path)

    def test_it_is_a_list_in_every_respect(self):
        a, b = self.pair(main="")

        def look():
            p = sys.path
            everything = list(p)
            checks = [
                isinstance(p, list), len(p) == len(everything), p.copy() == everything, p[:] == everything,
                p == everything, p + ["x"] == everything + ["x"], p.index(everything[-1]) == len(p) - 1,
                everything[0] in p, p.count(everything[0]) == 1, list(reversed(p)) == everything[::-1],
                p[0] == a.directory, repr(p) == repr(everything), type(p.copy()) is list]
            p += ["added"]
            p.extend(["more"])
            p[:0] = ["first"]
            checks.append((p[0], p[-2:]) == ("first", ["added", "more"]))
            p.remove("first")
            del p[-1]
            checks.append(p.pop() == "added")
            checks.append(list(p) == everything)
            return checks
        before = list(sys.path)
        self.assertEqual([True] * 16, a.run(look))
        self.assertEqual((before, b.directory), (list(sys.path), b.path[0]))

    def test_finders_that_an_app_adds_are_its_own(self):
        tenants = self.pair(main="""
            import sys, importlib.machinery, types
            class Finder:
                def find_spec(self, name, path=None, target=None):
                    if name == "made_up":
                        return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec): return None
                def exec_module(self, module): module.name = "{name}"
            sys.meta_path.append(Finder())
            import made_up
            def who(): return made_up.name, len(sys.meta_path)
            """)
        count = len(sys.meta_path)
        self.assertEqual([("a", count + 1), ("b", count + 1)], self.each(tenants, "who"))
        self.assertEqual(count, len(sys.meta_path))
        self.assertNotIn("made_up", sys.modules)

    def test_attributes_of_sys_that_an_app_assigns(self):
        tenants = self.pair(main="import sys\nbefore = sys.argv\nsys.argv = ['{name}']\ndef who(): return before, sys.argv")
        argv = sys.argv
        self.assertEqual([([""], ["a"]), ([""], ["b"])], self.each(tenants, "who"))
        self.assertIs(argv, sys.argv)

"""Tenants that share Celery, with apps and tasks of the same names."""
import threading

from frameworks_test import needs
from support import TenantTest


class TasksTest(TenantTest):
    MAIN = """
        from celery import Celery, current_app, shared_task, signals
        made = Celery("shop", broker="memory://", backend="cache+memory://")
        made.conf.update(task_always_eager=True, who="{name}")
        made.set_default()
        heard = []
        @shared_task
        def shared(x): return "{name}" + x
        @made.task
        def of_app(x): return "{name}" + x
        @signals.task_prerun.connect
        def before(task_id, **named): heard.append(task_id)
        def ask(): return shared.delay("1").get(), of_app.delay("2").get(), current_app.conf.who, sorted(n for n in made.tasks if n.startswith("main."))
        def count(): return len(heard)
        """

    def elsewhere(self, generation, function):
        """On a thread that has not loaded the app: there Celery takes the default one."""
        found = []
        thread = threading.Thread(target=lambda: found.extend(self.each([generation], function)))
        thread.start()
        thread.join()
        return found[0]

    @needs("celery")
    def test_the_default_app_shared_tasks_and_signals_are_each_tenants(self):
        def expected(name):
            return f"{name}1", f"{name}2", name, ["main.of_app", "main.shared"]

        a, b = self.pair(main=self.MAIN)
        for name, generation in (("a", a), ("b", b), ("a", a)):
            self.assertEqual([expected(name)], self.each([generation], "ask"))
            self.assertEqual(expected(name), self.elsewhere(generation, "ask"))
        self.assertEqual([8, 4], self.each([a, b], "count"))
        self.write("a", main=self.MAIN.replace('"{name}" + x', '"{name}" + x + "!"'))
        a.dispose()
        saved = self.generation("a", id="saved")
        self.assertEqual([("a1!", "a2!", "a", ["main.of_app", "main.shared"])], self.each([saved], "ask"))
        self.assertEqual(expected("b"), self.elsewhere(b, "ask"))

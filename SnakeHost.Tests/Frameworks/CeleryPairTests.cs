using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Celery below Flask: apps, tasks and signals of the same names, whose tasks are done where they are sent.</summary>
/// <remarks>Not with a worker: what Celery offers without a server (messages and results in files) reads what the other side has not yet written whole.</remarks>
public sealed class CeleryPairTests(SharedGateways gateways)
{
    private const string Tasks =
        """
        from celery import Celery, Task, shared_task, signals

        from identity import NAME

        made = Celery("shop", broker="memory://", backend="cache+memory://")
        made.conf.update(task_always_eager=True)
        made.set_default()
        heard = set()


        @signals.task_prerun.connect
        def before(task, **named):
            heard.add(f"{NAME} {task.name}")


        @shared_task
        def add(one, two):
            return f"{NAME} {one + two}"


        @made.task(bind=True, name="named")
        def tell(self, text):
            return f"{NAME} {self.name} {text}"
        """;

    private const string App =
        """
        from celery import chain, current_app, group
        from flask import Flask

        import tasks
        import version
        from identity import NAME

        app = Flask(__name__)
        app.add_url_rule("/version", view_func=version.tell)


        @app.get("/add/<int:one>/<int:two>")
        def add(one, two):
            return f"{tasks.add.delay(one, two).get()} {current_app.main}"


        @app.get("/many")
        def many():
            answers = group(tasks.add.s(1, 1), tasks.tell.si(NAME)).apply_async().get()
            return " ".join([*answers, chain(tasks.add.s(1, 2), tasks.tell.s()).apply_async().get()])


        @app.get("/heard")
        def heard():
            return " ".join(sorted(tasks.heard))
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("celery, flask");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Celery", "celery")]
    public async Task AppsTasksAndSignals_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("tasks.py", Tasks));

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            Assert.Equal($"{name} 5 shop", await pair.TextAsync(tenant, "/add/2/3"));
            Assert.Equal($"{name} 2 {name} named {name} {name} named {name} 3", await pair.TextAsync(tenant, "/many"));
            Assert.Equal($"{name} named {name} tasks.add", await pair.TextAsync(tenant, "/heard"));
        });
    }
}

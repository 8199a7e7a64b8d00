using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Celery below Flask, as Flask's documentation has it: the app sends tasks, a worker in a process of its own does them.</summary>
public sealed class CeleryPairTests(SharedGateways gateways)
{
    private const string Tasks =
        """
        from celery import Celery, Task, shared_task

        from identity import NAME

        made = Celery("shop")
        made.conf.update(
            broker_url="filesystem://",
            broker_transport_options={"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"},
            result_backend="file://results",
            broker_connection_retry_on_startup=False,
        )
        made.set_default()


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


        def wait(result):
            return result.get(timeout=50, interval=0.02)


        @app.get("/add/<int:one>/<int:two>")
        def add(one, two):
            return f"{wait(tasks.add.delay(one, two))} {current_app.main}"


        @app.get("/many")
        def many():
            return " ".join(wait(group(tasks.add.s(1, 1), tasks.tell.si(NAME)).apply_async()))
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("celery, flask, kombu.transport.filesystem");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Celery", "celery")]
    public async Task Tasks_AreDoneByEachTenantsWorker_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("tasks.py", Tasks), ("results/.keep", ""), ("queue/.keep", ""), ("control/.keep", ""));
        using var red = StartWorker(python, pair.Red);
        using var blue = StartWorker(python, pair.Blue);
        try
        {
            await SavedPair.UseAsync(pair, async (tenant, name) =>
            {
                Assert.Equal($"{name} 5 shop", await pair.TextAsync(tenant, "/add/2/3"));
                Assert.Equal($"{name} 2 {name} named {name}", await pair.TextAsync(tenant, "/many"));
            });
        }
        finally
        {
            red.Kill();
            blue.Kill();
        }
    }

    private static Process StartWorker(string python, Tenant tenant) => ChildProcess.Start(new ProcessStartInfo(
        python, ["-m", "celery", "--quiet", "-A", "tasks", "worker", "--pool", "solo", "--without-mingle", "--without-gossip", "--without-heartbeat"])
    {
        WorkingDirectory = tenant.Directory,
        Environment = { ["C_FORCE_ROOT"] = "1" },
    });
}

using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Threads and processes that a tenant starts still belong to it.</summary>
public sealed class ConcurrencyTests(SharedGateways gateways) : IsolationTests(gateways)
{
    private static readonly (string, string)[] s_work =
    [
        ("late.py", "from identity import NAME\n"),
        ("work.py",
        """
        import os

        def name_and(number):
            import late
            return f"{late.NAME}{number}"

        def into(results, number):
            results.append(name_and(number))

        def cwd_and_colour(number):
            return f"{name_and(number)} {os.path.basename(os.getcwd())} {os.environ['TENANT_LABEL']}"

        def put(queue, number):
            queue.put(name_and(number))
        """),
    ];

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AThreadThatImportsLazily_SeesItsTenant(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import _thread, threading
            import work

            class Worker(threading.Thread):
                def __init__(self, results):
                    super().__init__()
                    self.results = results

                def run(self):
                    work.into(self.results, 2)

            def answer(path):
                results = []
                thread = threading.Thread(target=work.into, args=(results, 1))
                thread.start(); thread.join()
                worker = Worker(results)
                worker.start(); worker.join()
                done = threading.Event()
                _thread.start_new_thread(lambda: (work.into(results, 3), done.set()), ())
                done.wait(10)
                timer = threading.Timer(0, work.into, (results, 4))
                timer.start(); timer.join()
                return " ".join(results)
            """,
            s_work);

        await pair.EachAnswersAsync("/", name => $"{name}1 {name}2 {name}3 {name}4");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AThreadPoolThatImportsLazily_SeesItsTenant(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            from concurrent.futures import ThreadPoolExecutor
            import work

            at_import = ThreadPoolExecutor(2)

            def answer(path):
                with ThreadPoolExecutor(3) as pool:
                    inner = list(pool.map(work.cwd_and_colour, range(6)))
                outer = list(at_import.map(work.cwd_and_colour, range(6)))
                label = inner[0].split(" ")[1]
                return f"{inner == outer} {len({value.partition(' ')[2] for value in inner})} {inner[5].split(' ')[0]} {inner[0].split(' ')[2] == label}"
            """,
            s_work);

        await pair.EachAnswersAsync("/", name => $"True 1 {name}5 True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task Subprocesses_InheritDirectoryAndEnvironment(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import os, subprocess, sys
            from identity import NAME

            SCRIPT = "import identity, os; print(identity.NAME, os.path.basename(os.getcwd()), os.environ['TENANT_LABEL'], os.environ['COLOUR'])"

            def answer(path):
                child = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout.strip()
                shell = os.popen("echo $COLOUR").read().strip()
                name, folder, label, colour = child.split()
                return f"{name} {folder == label} {colour} {shell}"
            """);
        pair.Red.Write(".env", "COLOUR=crimson\n");
        pair.Blue.Write(".env", "COLOUR=navy\n");

        await pair.EachAnswersAsync("/", name => name == "red" ? "red True crimson crimson" : "blue True navy navy");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task Multiprocessing_Spawn_RunsTheTenantsFunction(string python, string kind) => await MultiprocessingAsync(python, kind, "spawn");

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task Multiprocessing_Fork_RunsTheTenantsFunction(string python, string kind) => await MultiprocessingAsync(python, kind, "fork");

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AForkedProcess_EndsWhenItIsTerminated_AndTheGatewayDoesNot(string python, string kind)
    {
        // A forked child that kept .NET's signal handlers would survive SIGTERM and pass it on to the gateway.
        var pair = await PairAsync(python, kind,
            """
            import multiprocessing, time

            def report_and_wait(queue):
                queue.put("running")
                time.sleep(3600)

            def answer(path):
                context = multiprocessing.get_context("fork")
                queue = context.SimpleQueue()
                process = context.Process(target=report_and_wait, args=(queue,))
                process.start()
                state = queue.get()
                process.terminate()
                process.join(10)
                code = process.exitcode
                process.kill()
                return f"{state} {code}"
            """);

        await pair.EachAnswersAsync("/", _ => "running -15");
        await pair.EachAnswersAsync("/", _ => "running -15");
    }

    private async Task MultiprocessingAsync(string python, string kind, string method)
    {
        var pair = await PairAsync(python, kind,
            $$"""
            import multiprocessing, threading
            import work

            def answer(path):
                threading.current_thread()  # as logging does; it gives the thread an object that a forked child takes for its main thread
                context = multiprocessing.get_context("{{method}}")
                queue = context.SimpleQueue()
                process = context.Process(target=work.put, args=(queue, 1))
                process.start()
                first = queue.get()
                process.join(30)
                with context.Pool(1) as pool:
                    mapped = pool.map(work.name_and, [2, 3])
                return f"{first} {' '.join(mapped)} {process.exitcode}"
            """,
            s_work);

        await pair.EachAnswersAsync("/", name => $"{name}1 {name}2 {name}3 0");
    }
}

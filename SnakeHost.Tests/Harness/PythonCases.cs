namespace SnakeHost.Tests.Harness;

/// <summary>Theory rows: what to run a test on.</summary>
public static class PythonCases
{
    /// <summary>Every interpreter with both interfaces: a WSGI app runs on pool threads, an ASGI app on its loop's thread.</summary>
    public static TheoryData<string, string> EveryInterface
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var python in InstalledPythons.All)
            {
                cases.Add(python.Data, "wsgi");
                cases.Add(python.Data, "asgi");
            }

            return cases;
        }
    }
}

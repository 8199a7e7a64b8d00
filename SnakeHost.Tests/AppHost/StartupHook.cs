using Aspire.Hosting;

/// <summary>What .NET calls in a process that names this assembly as a start-up hook, before the program's own beginning: an AppHost that does not start, as its developer would write it.</summary>
internal static class StartupHook
{
    /// <summary>Says which: see <see cref="SnakeHost.Tests.AppHost.RefusedStartTests"/>.</summary>
    public const string Variable = "SNAKEHOST_TESTS_REFUSED";

    public static void Initialize()
    {
        var what = Environment.GetEnvironmentVariable(Variable);
        // A thread of its own has nobody around it who catches.
        var program = new Thread(() =>
        {
            var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
            builder.Configuration["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
            var gateway = builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("gateway");
            switch (what)
            {
                case "my_app":
                    gateway.AddTenant(what, ".");
                    break;
                case "an endpoint":
                    gateway.WithHttpsEndpoint();
                    break;
                default:
                    throw new InvalidOperationException("something else");
            }

            builder.Build().Run();
        });
        program.Start();
        program.Join();
    }
}

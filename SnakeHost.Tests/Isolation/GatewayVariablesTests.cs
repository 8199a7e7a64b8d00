using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What of the gateway's own environment its apps see.</summary>
public sealed class GatewayVariablesTests
{
    private static readonly string s_app = PythonApps.Answering("""
        import json, os, subprocess, sys

        NAMES = ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_ENDPOINT", "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "DOTNET_ENVIRONMENT", "DOTNET_GCgen0size", "DOTNET_ROOT",
                 "Logging__LogLevel__Default", "Kestrel__Limits__MaxRequestLineSize", "PLAIN")
        SHOW = "import os, sys; print(*[os.environ.get(n, '-') for n in sys.argv[1:]])"

        def answer(path):
            if path == "/child":
                return subprocess.check_output([sys.executable, "-c", SHOW, *NAMES], text=True).strip()
            return " ".join(os.environ.get(name, "-") for name in NAMES)
        """);

    [Fact]
    public async Task TheGatewaysSettingsReachNoApp_AndTheNameInTelemetryIsTheApps()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Environment = new Dictionary<string, string>
            {
                ["OTEL_SERVICE_NAME"] = "gateway",
                ["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=1,deployment.environment=test,service.name=gateway",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9",
                ["OTEL_SDK_DISABLED"] = "true",
                ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "false",
                ["DOTNET_GCgen0size"] = "1000000",
                ["DOTNET_ROOT"] = "/usr/share/dotnet",
                ["Logging__LogLevel__Default"] = "Information",
                ["Kestrel__Limits__MaxRequestLineSize"] = "8192",
                ["PLAIN"] = "plain",
            },
        });
        var plain = tenants.Add("shop", ("main.py", s_app));
        var own = tenants.Add("bill", ("main.py", s_app), (".env", "OTEL_SERVICE_NAME=billing\nLogging__LogLevel__Default=mine\nDOTNET_ENVIRONMENT=Staging\n"));
        var attributes = tenants.Add("mail", ("main.py", s_app), (".env", "OTEL_RESOURCE_ATTRIBUTES=service.name=post\n"));

        const string Expected = "shop deployment.environment=test http://127.0.0.1:9 - - - /usr/share/dotnet - - plain";
        Assert.Equal(Expected, await gateway.Client.TextAsync(plain.Url("/")));
        Assert.Equal(Expected, await gateway.Client.TextAsync(plain.Url("/child")));
        Assert.Equal("billing deployment.environment=test http://127.0.0.1:9 - Staging - /usr/share/dotnet mine - plain", await gateway.Client.TextAsync(own.Url("/child")));
        Assert.Equal("- service.name=post http://127.0.0.1:9 - - - /usr/share/dotnet - - plain", await gateway.Client.TextAsync(attributes.Url("/")));

        await gateway.StopAsync();
    }
}

using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>Tells whether this machine can do what the gateway is asked to: by the same arguments, files and environment.</summary>
internal static class Doctor
{
    /// <returns>The exit code: 1 when there is a problem.</returns>
    public static int Run(CommandLineResult commandLine, TextWriter output, TextWriter error)
    {
        if (ServedOptions.Read(commandLine, error) is not { } options)
            return CommandLine.UsageError;

        var problems = 0;
        // Each as it is found: some take a second.
        foreach (var finding in new[] { PythonCheck.Run(options.Python), AppCheck.Run(options), AddressCheck.Run(options), WatchCheck.Run(options), CertificateCheck.Run(options) }.SelectMany(static findings => findings))
        {
            output.WriteLine($"{Mark(finding.Kind),-9}{finding.Subject,-13}{finding.Text}");
            if (finding.Kind == FindingKind.Problem)
                problems++;
        }

        return problems == 0 ? 0 : 1;
    }

    private static string Mark(FindingKind kind) => kind switch
    {
        FindingKind.Good => "ok",
        FindingKind.Warning => "warning",
        _ => "PROBLEM",
    };
}

using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>
/// A <c>python3</c> whose programs see a different interpreter than the one that runs them: how a build without shared library, or of another
/// version, answers the gateway's question.
/// </summary>
internal static class FakePython
{
    /// <summary>Writes the executable into the folder; the code runs before whatever it is asked to run.</summary>
    public static string Write(Tenant folder, string pretence)
    {
        folder.Write("pretence/sitecustomize.py", pretence);
        folder.Write("python3",
            $"""
            #!/bin/sh
            # -I and -E would leave the pretence out, so they are dropped.
            for argument do
                shift
                case "$argument" in -I|-E|-S|-s|-IS|-Is) ;; *) set -- "$@" "$argument" ;; esac
            done
            PYTHONPATH="{folder.Directory}/pretence" exec "{InstalledPythons.Default}" "$@"

            """);
        var path = Path.Combine(folder.Directory, "python3");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}

using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Watching;

namespace SnakeHost.Gateway.Commands;

/// <summary>Whether the system tells of changed files.</summary>
internal static class WatchCheck
{
    private const string Subject = "inotify";
    private const string Limits = "/proc/sys/fs/inotify/";
    private const string Instead = "Until then time stamps are compared, which is slower.";

    public static IEnumerable<Finding> Run(SnakeHostOptions options)
    {
        if (options.Reload.Polling || !options.Routes.Exists(static route => route.Autoreload.Enabled))
            return [Finding.Good(Subject, "is not needed: files are not followed, or by their time stamps")];
        return [Run(options.Root.Length > 0 ? options.Root : options.BaseDirectory)];
    }

    private static Finding Run(string folder)
    {
        using var inotify = Inotify.Open(out var error);
        if (inotify is null)
        {
            return Finding.Warning(Subject, error == Inotify.TooManyFiles
                ? $"this user has no instance left: sysctl fs.inotify.max_user_instances={2 * Math.Max(Limit("max_user_instances"), 512)} (as root), or end programs that watch files. {Instead}"
                : $"is refused (error {error}). {Instead}");
        }

        var most = Limit("max_user_watches");
        var watch = inotify.Add(folder, InotifyEvents.Names);
        if (watch == -Inotify.NoSpace)
            return Finding.Warning(Subject, $"this user has no watch left: sysctl fs.inotify.max_user_watches={2 * Math.Max(most, 65536)} (as root). {Instead}");
        if (watch < 0)
            return Finding.Warning(Subject, $"cannot watch {folder} (error {-watch}). {Instead}");
        return Finding.Good(Subject, $"tells of changed files; this user's limits are {Limit("max_user_instances")} instances and {most} folders");
    }

    private static int Limit(string name) => File.Exists(Limits + name) && int.TryParse(File.ReadAllText(Limits + name), out var number) ? number : 0;
}

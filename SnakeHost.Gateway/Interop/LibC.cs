using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary>What is called of Linux' C library, under the names of its manual pages.</summary>
internal static unsafe partial class LibC
{
    private const string Name = "libc";

    /// <summary>Of <see cref="EventFd"/> and <see cref="InotifyInit"/>: O_NONBLOCK and O_CLOEXEC.</summary>
    public const int NonBlocking = 0x800, CloseOnExec = 0x80000;

    [LibraryImport(Name, EntryPoint = "read")]
    public static partial nint Read(int descriptor, void* buffer, nint length);

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* bytes, nint length);

    [LibraryImport(Name, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Name, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport(Name, EntryPoint = "poll")]
    public static partial int Poll(PollEntry* entries, ulong count, int timeout);

    /// <summary>For requests that only read a counter of the kernel: not worth telling the garbage collector.</summary>
    [LibraryImport(Name, EntryPoint = "ioctl")]
    [SuppressGCTransition]
    public static partial int Control(int descriptor, ulong request, out int value);

    [LibraryImport(Name, EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial int InotifyInit(int flags);

    [LibraryImport(Name, EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InotifyAddWatch(int descriptor, string path, uint mask);

    [LibraryImport(Name, EntryPoint = "inotify_rm_watch")]
    public static partial int InotifyRemoveWatch(int descriptor, int watch);

    [LibraryImport(Name, EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetStatus(int directory, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport(Name, EntryPoint = "madvise")]
    public static partial int Advise(nuint address, nuint length, int advice);

    [LibraryImport(Name, EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, out ResourceLimit limit);

    [LibraryImport(Name, EntryPoint = "getrusage")]
    public static partial int GetUsage(int who, out ResourceUsage usage);

    [LibraryImport(Name, EntryPoint = "nanosleep")]
    public static partial int Sleep(in TimeSpec time, nint rest);

    /// <param name="thread">As the kernel numbers it; 0: the calling one.</param>
    /// <param name="size">Of the mask, in bytes.</param>
    /// <param name="mask">A bit for each processor.</param>
    [LibraryImport(Name, EntryPoint = "sched_getaffinity")]
    public static partial int GetAffinity(int thread, nint size, byte* mask);

    /// <inheritdoc cref="GetAffinity"/>
    [LibraryImport(Name, EntryPoint = "sched_setaffinity")]
    public static partial int SetAffinity(int thread, nint size, byte* mask);

    [LibraryImport(Name, EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string path, byte** arguments);

    /// <summary>SIGKILL, for <see cref="Kill"/>.</summary>
    public const int KillSignal = 9;

    [LibraryImport(Name, EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    /// <summary>SIGINT and SIG_DFL, for <see cref="Handle"/>.</summary>
    public const int InterruptSignal = 2, DefaultHandler = 0;

    [LibraryImport(Name, EntryPoint = "signal")]
    public static partial nint Handle(int signal, nint handler);

    [LibraryImport(Name, EntryPoint = "setpgid")]
    public static partial int SetProcessGroup(int process, int group);

    [LibraryImport(Name, EntryPoint = "_exit")]
    public static partial void Exit(int code);

    [LibraryImport(Name, EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint DlOpen(string path, int flags);

    [LibraryImport(Name, EntryPoint = "dlerror")]
    public static partial nint DlError();
}

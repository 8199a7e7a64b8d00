using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary>Tells a forked child from the process, at the cost of reading a byte: the kernel wipes the page in the child.</summary>
/// <remarks>
/// In a child only the thread that forked lives on. A lock of .NET's that another one had is never released, so .NET code there must neither allocate nor wait.
/// Python calls it all the same: what the other threads had is finalized in the child.
/// </remarks>
internal static unsafe class ForkMark
{
    /// <summary>MADV_WIPEONFORK, since Linux 4.14.</summary>
    private const int WipeOnFork = 18;

    private static readonly byte* s_page = Create();

    public static bool IsInForkedChild => *s_page == 0;

    private static byte* Create()
    {
        var size = (nuint)Environment.SystemPageSize;
        var page = (byte*)NativeMemory.AlignedAlloc(size, size);
        *page = 1;
        // Where the kernel does not know it, no child is told.
        _ = LibC.Advise((nuint)page, size, WipeOnFork);
        return page;
    }
}

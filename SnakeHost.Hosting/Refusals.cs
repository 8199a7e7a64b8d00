using System.Diagnostics;
using Aspire.Hosting;

namespace SnakeHost.Hosting;

/// <summary>
/// An integration says no to an AppHost by an exception, and has no other way. Where nobody catches one of this library's, its sentence is all that the terminal has, in place
/// of the sentence with Aspire's stack.
/// </summary>
internal static class Refusals
{
    private static int s_told;

    public static void TellWithoutStack()
    {
        if (Interlocked.Exchange(ref s_told, 1) == 0)
            AppDomain.CurrentDomain.UnhandledException += static (_, unhandled) => Tell(unhandled.ExceptionObject);
    }

    private static void Tell(object thrown)
    {
        if (Debugger.IsAttached || Sentence(thrown) is not { } sentence)
            return;
        Console.Error.WriteLine(sentence);
        Environment.Exit(1);
    }

    /// <summary>Null where something else has gone wrong, which a stack explains.</summary>
    private static string? Sentence(object thrown) => thrown switch
    {
        AggregateException { InnerExceptions: [var only] } => Sentence(only),
        DistributedApplicationException refusal when refusal.TargetSite?.Module == typeof(Refusals).Module => refusal.Message,
        _ => null,
    };
}

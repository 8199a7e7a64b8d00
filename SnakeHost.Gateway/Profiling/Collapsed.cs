using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary><c>outer;inner 1234</c>: a line for each stack, with its time in µs.</summary>
internal static class Collapsed
{
    /// <summary>The lines, made as they are read: all together they may be large.</summary>
    public static IEnumerable<string> Render(ProfileData profile)
    {
        var weights = new long[profile.Callers.Count];
        foreach (var thread in profile.Threads)
        {
            for (var i = 0; i < thread.Nodes.Count; i++)
                weights[thread.Nodes[i]] += thread.Weights[i];
        }

        var names = profile.Frames.Select(Name).ToList();
        var line = new StringBuilder();
        for (var node = 0; node < weights.Length; node++)
        {
            if (weights[node] <= 0)
                continue;
            line.Clear().AppendJoin(';', profile.StackOf(node).Select(function => names[function]));
            yield return line.Append(' ').Append(weights[node].ToString(CultureInfo.InvariantCulture)).Append('\n').ToString();
        }
    }

    /// <summary>As py-spy writes it, without what separates stacks.</summary>
    private static string Name(ProfileFrame frame) =>
        (frame.File.Length == 0 ? frame.Function : $"{frame.Function} ({frame.File}:{frame.Line})").Replace(';', ',').ReplaceLineEndings(" ");
}

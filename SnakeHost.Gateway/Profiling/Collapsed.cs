using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary><c>outer;inner 1234</c>: a line for each stack, with its time in µs.</summary>
internal static class Collapsed
{
    public static string Render(ProfileData profile)
    {
        var weights = new long[profile.Callers.Count];
        foreach (var thread in profile.Threads)
        {
            for (var i = 0; i < thread.Nodes.Count; i++)
                weights[thread.Nodes[i]] += thread.Weights[i];
        }

        var text = new StringBuilder();
        var stacks = new string[weights.Length];
        for (var node = 0; node < weights.Length; node++)
        {
            var name = Name(profile.Frames[profile.Functions[node]]);
            stacks[node] = profile.Callers[node] is >= 0 and var caller ? $"{stacks[caller]};{name}" : name;
            if (weights[node] > 0)
                text.Append(stacks[node]).Append(' ').Append(weights[node].ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>As py-spy writes it, without what separates stacks.</summary>
    private static string Name(ProfileFrame frame) =>
        (frame.File.Length == 0 ? frame.Function : $"{frame.Function} ({frame.File}:{frame.Line})").Replace(';', ',').ReplaceLineEndings(" ");
}

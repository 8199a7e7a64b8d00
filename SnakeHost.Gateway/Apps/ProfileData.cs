namespace SnakeHost.Gateway.Apps;

/// <summary>A profile: the calls that were seen, as a tree, and when which thread was in which.</summary>
/// <param name="Mode"><c>wall</c> or <c>cpu</c>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Samples">How many were taken.</param>
/// <param name="Frames">The functions.</param>
/// <param name="Callers">Of each node the node that it was called by, which comes before it; -1 for none.</param>
/// <param name="Functions">Of each node its function, an index of <paramref name="Frames"/>.</param>
internal sealed record ProfileData(
    string Mode, double Seconds, int Samples, IReadOnlyList<ProfileFrame> Frames, IReadOnlyList<int> Callers, IReadOnlyList<int> Functions, IReadOnlyList<ProfileThread> Threads)
{
    /// <summary>Of what was measured, in µs: of all threads together.</summary>
    public long Total => Threads.Sum(static thread => thread.Weights.Sum());

    /// <summary>The functions of a node and of those that it was called by, the outermost first.</summary>
    public int[] StackOf(int node)
    {
        var stack = new List<int>();
        for (; node >= 0; node = Callers[node])
            stack.Add(Functions[node]);
        stack.Reverse();
        return [.. stack];
    }

    /// <summary>One profile of those of several processes, each with its name.</summary>
    public static ProfileData Merge(IReadOnlyList<(string Name, ProfileData Profile)> profiles)
    {
        if (profiles is [var only])
            return only.Profile;
        var (frames, callers, functions, threads) = (new Dictionary<ProfileFrame, int>(), new List<int>(), new List<int>(), new List<ProfileThread>());
        foreach (var (name, profile) in profiles)
        {
            var first = callers.Count;
            foreach (var frame in profile.Frames)
                frames.TryAdd(frame, frames.Count);
            callers.AddRange(profile.Callers.Select(caller => caller < 0 ? caller : caller + first));
            functions.AddRange(profile.Functions.Select(function => frames[profile.Frames[function]]));
            threads.AddRange(profile.Threads.Select(thread => thread with { Name = $"{name}: {thread.Name}", Nodes = [.. thread.Nodes.Select(node => node + first)] }));
        }

        return new(
            profiles[0].Profile.Mode, profiles.Max(static one => one.Profile.Seconds), profiles.Sum(static one => one.Profile.Samples), [.. frames.OrderBy(static pair => pair.Value).Select(static pair => pair.Key)],
            callers, functions, threads);
    }
}

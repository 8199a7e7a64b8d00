namespace SnakeHost.Gateway.Apps;

/// <summary>What hangs on an app's own modules and is not others' too: an estimate, see snakehost/holdings.py.</summary>
/// <param name="Bytes">Of the objects.</param>
/// <param name="Objects">How many there are.</param>
/// <param name="IsWhole">Whether these are all; false: counting ended at half a million.</param>
/// <param name="Types">The classes of its own with the most objects, wherever these are.</param>
internal sealed record AppMemory(long Bytes, long Objects, bool IsWhole, IReadOnlyList<AppMemoryType> Types)
{
    private const int MostTypes = 20;

    /// <summary>Of several processes.</summary>
    public static AppMemory Sum(IReadOnlyCollection<AppMemory> parts) => new(
        parts.Sum(static part => part.Bytes),
        parts.Sum(static part => part.Objects),
        parts.All(static part => part.IsWhole),
        [.. parts.SelectMany(static part => part.Types)
            .GroupBy(static type => type.Name)
            .Select(static same => new AppMemoryType(same.Key, same.Sum(static type => type.Count), same.Sum(static type => type.Bytes)))
            .OrderByDescending(static type => type.Count)
            .Take(MostTypes)]);
}

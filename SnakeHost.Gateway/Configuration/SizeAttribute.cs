namespace SnakeHost.Gateway.Configuration;

/// <summary>The inclusive range of a size in bytes, and whether <c>-1</c> (no limit) makes sense.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SizeAttribute : Attribute
{
    public long Minimum { get; init; }

    public long Maximum { get; init; } = long.MaxValue;

    public bool Infinite { get; init; }
}

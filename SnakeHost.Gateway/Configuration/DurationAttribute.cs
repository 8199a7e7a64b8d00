namespace SnakeHost.Gateway.Configuration;

/// <summary>The shortest duration that makes sense, and whether <c>-1</c> (for ever) does.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute : Attribute
{
    /// <summary>In milliseconds.</summary>
    public int Minimum { get; init; }

    public bool Infinite { get; init; }
}

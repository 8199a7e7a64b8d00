namespace SnakeHost.Gateway.Configuration;

/// <summary>The inclusive range of a whole number.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WholeNumberAttribute(int minimum, int maximum) : Attribute
{
    public int Minimum => minimum;

    public int Maximum => maximum;

    /// <summary>Whether <c>cores</c> is a value too: the number of the machine's processors.</summary>
    public bool IsCores { get; init; }
}

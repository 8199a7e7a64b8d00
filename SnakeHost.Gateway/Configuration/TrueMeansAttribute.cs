namespace SnakeHost.Gateway.Configuration;

/// <summary>A choice that may also be written as <c>true</c>, which is the named value, or <c>false</c>, which is the first one.</summary>
[AttributeUsage(AttributeTargets.Enum)]
internal sealed class TrueMeansAttribute(string name) : Attribute
{
    public string Name => name;
}

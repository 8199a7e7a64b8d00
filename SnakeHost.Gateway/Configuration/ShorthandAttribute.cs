namespace SnakeHost.Gateway.Configuration;

/// <summary>A section that may also be written as one value, which then is the named property: <c>"Autoreload": true</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShorthandAttribute(string property) : Attribute
{
    public string Property => property;
}

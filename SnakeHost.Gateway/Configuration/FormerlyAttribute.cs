namespace SnakeHost.Gateway.Configuration;

/// <summary>The name that a setting had until the version before this one. It still works, with a warning (<see cref="FormerNames"/>).</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FormerlyAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

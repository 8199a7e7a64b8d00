namespace SnakeHost.Tests.Conformance;

/// <summary>
/// Says that the test checks a rule of a standard. <c>docs/conformance.md</c> is the table of all of them; <see cref="ConformanceTests"/>
/// writes and verifies it.
/// </summary>
/// <param name="standard">The document, as the heading under which the rule stands, e.g. <see cref="Standard.Wsgi"/>.</param>
/// <param name="section">Where in the document, e.g. "The start_response() Callable".</param>
/// <param name="rule">What must hold, in one sentence without a full stop.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ConformsAttribute(string standard, string section, string rule) : Attribute
{
    public string Standard => standard;

    public string Section => section;

    public string Rule => rule;
}

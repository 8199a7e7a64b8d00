namespace SnakeHost.Gateway.Routing;

/// <summary>Fixed text, or a placeholder (then the text is empty).</summary>
internal sealed record TemplatePart(string Text, Placeholder? Placeholder);

namespace SnakeHost.Gateway.Routing;

/// <summary>Fixed text, or a placeholder (then the text is empty).</summary>
internal readonly record struct TemplatePart(string Text, Placeholder? Placeholder);

namespace SnakeHost.Gateway.Commands;

/// <summary>What the doctor has found, and what is to be done about it.</summary>
internal sealed record Finding(FindingKind Kind, string Subject, string Text)
{
    public static Finding Good(string subject, string text) => new(FindingKind.Good, subject, text);

    public static Finding Warning(string subject, string text) => new(FindingKind.Warning, subject, text);

    public static Finding Problem(string subject, string text) => new(FindingKind.Problem, subject, text);
}

using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>What the steps of a request's way tell each other. Made by the first that has something to tell: most requests have none.</summary>
internal sealed class RequestNotes
{
    /// <summary>Who answers; noted where somebody asks for it.</summary>
    public Tenant? Tenant { get; set; }

    /// <summary>Whether its pages reload themselves.</summary>
    public bool IsLivePage { get; set; }

    /// <summary>Gives the answer that is to be compressed.</summary>
    public Func<Task>? Answer { get; set; }

    public bool IsCompressed { get; set; }

    /// <summary>Whether a static folder has no such file.</summary>
    public bool IsMissed { get; set; }

    public static RequestNotes Of(HttpContext context)
    {
        if (Find(context) is not { } notes)
            context.Features.Set(notes = new RequestNotes());
        return notes;
    }

    public static RequestNotes? Find(HttpContext context) => context.Features.Get<RequestNotes>();
}

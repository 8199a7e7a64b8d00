namespace SnakeHost.Tests.Http;

/// <summary>A request, and what becomes of it.</summary>
internal sealed record RequestRow(string Name, string Request, Expect Expect);

/// <summary>The statuses on the connection, in order, and what reaches the app.</summary>
internal sealed record Expect(IReadOnlyList<int> Statuses, IReadOnlyList<string> Seen)
{
    /// <summary>The app has begun to read a body that turns out to be none: it is told so, and nothing behind it is a request.</summary>
    public static Expect Broken { get; } = new([400], ["POST /x broken"]);

    /// <summary>The app has it, and the request behind it is a request of its own.</summary>
    public static Expect Taken(string seen) => new([200, 200], [seen, "GET /next "]);

    /// <summary>No app has it, and nothing behind it is read.</summary>
    public static Expect Refused(int status) => new([status], []);
}

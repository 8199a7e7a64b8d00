namespace SnakeHost.Gateway.Apps;

/// <summary>A part of a response body that is sent at the client's pace, without a thread of the app's and without the GIL.</summary>
internal interface IBodyPart : IDisposable
{
    /// <summary>Bytes that have not been copied.</summary>
    long Left { get; }

    /// <summary>Copies it. False when the reader is gone; true with something <see cref="Left"/> when the part has turned out to be shorter.</summary>
    Task<bool> CopyToAsync(HttpResponse response, CancellationToken aborted);
}

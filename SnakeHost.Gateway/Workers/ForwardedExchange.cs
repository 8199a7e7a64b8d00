using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway.Workers;

/// <summary>One request on its way to a worker and back: app and client see what they would see without a worker in between.</summary>
/// <param name="measure">What is measured of the request; null when nobody listens.</param>
internal sealed class ForwardedExchange(WorkerProcess worker, RequestMeasure? measure) : HttpTransformer
{
    private const string Destination = "http://worker";

    private static long s_last;

    private static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly long _id = Interlocked.Increment(ref s_last);
    private bool _isAnswered;
    private bool _isOverHttp2;

    /// <summary>The answer has come to its end, whatever became of the request's body.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>What the worker says in place of an answer.</summary>
    public WorkerFailure? Failure { get; private set; }

    public ValueTask<ForwarderError> SendAsync(HttpContext context, IHttpForwarder forwarder)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
            return UpgradeAsync(context, forwarder, upgrade);
        _isOverHttp2 = HttpProtocol.IsHttp2(context.Request.Protocol) || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        return _isOverHttp2
            ? forwarder.SendAsync(context, Destination, worker.Connections.Http2, WorkerConnections.Http2Config, this)
            : forwarder.SendAsync(context, Destination, worker.Connections.Http1, WorkerConnections.Http1Config, this);
    }

    /// <summary>Tells the worker when the client has ended its sending: it may still wait for its answer.</summary>
    public CancellationTokenRegistration FollowClient(HttpContext context) =>
        context.Features.Get<ClientConnection>()?.SendingEnded.UnsafeRegister(static self => ((ForwardedExchange)self!).TellLeft(), this) ?? default;

    /// <summary>The answer has begun, or there will be none.</summary>
    public void Answer()
    {
        if (_isAnswered)
            return;
        _isAnswered = true;
        worker.Answer();
    }

    public override ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage outgoing, string destination, CancellationToken cancellationToken)
    {
        var request = context.Request;
        outgoing.RequestUri = new Uri(destination + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, in s_asItIs);
        outgoing.Headers.TryAddWithoutValidation(ForwardedRequest.Header, ForwardedRequest.Write(context, _id, measure));
        List<string[]>? others = null;
        foreach (var (name, value) in request.Headers)
        {
            if (name.StartsWith(':') || ForwardedRequest.IsOwn(name) || (measure?.TraceParent is not null && name.Equals(HeaderNames.TraceParent, StringComparison.OrdinalIgnoreCase)))
                continue;
            if (_isOverHttp2 && name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase))
                (others ??= []).Add([name, .. value!]);
            else if (IsFraming(name))
                AddFraming(outgoing, name, value);
            // An HTTP client makes a host of its own of an empty one.
            else if (value.Count != 1 || value[0]!.Length == 0 || !TryAdd(outgoing, name, value.ToString()))
                (others ??= []).Add([name, .. value!]);
        }

        if (others is not null)
            outgoing.Headers.TryAddWithoutValidation(ForwardedRequest.OthersHeader, ForwardedRequest.WriteOthers(others));
        if (measure?.TraceParent is { } traceParent)
            outgoing.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, traceParent);
        return default;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? answer, CancellationToken cancellationToken)
    {
        Answer();
        if (answer is null)
            return false;
        if (measure is not null && answer.Headers.NonValidated.TryGetValues(ForwardedRequest.MeasureHeader, out var measured))
        {
            answer.Headers.Remove(ForwardedRequest.MeasureHeader);
            WorkerMeasure.Read(measured.ToString()).Tell(measure);
        }

        if (answer.Headers.NonValidated.TryGetValues(ForwardedRequest.FailureHeader, out var mark) && mark.ToString() == worker.Secret)
        {
            Failure = await WorkerFailure.ReadAsync(answer, cancellationToken);
            context.Response.Clear();
            return false;
        }

        if (_isOverHttp2 && answer.Headers.NonValidated.TryGetValues(ForwardedRequest.ReasonHeader, out var reason))
        {
            answer.Headers.Remove(ForwardedRequest.ReasonHeader);
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason.ToString();
        }

        var isHttp2 = HttpProtocol.IsHttp2(context.Request.Protocol);
        Copy(answer.Headers.NonValidated, context.Response.Headers, isHttp2);
        Copy(answer.Content.Headers.NonValidated, context.Response.Headers, isHttp2);
        // An answer of 101 has a connection of another kind.
        if (answer.StatusCode != HttpStatusCode.SwitchingProtocols)
            Drain.EndConnection(context.Response);
        return true;
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext context, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        IsWhole = true;
        return base.TransformResponseTrailersAsync(context, answer, cancellationToken);
    }

    private void TellLeft() => worker.Post(new WorkerMessage.Left(_id));

    private async ValueTask<ForwarderError> UpgradeAsync(HttpContext context, IHttpForwarder forwarder, IHttpUpgradeFeature upgrade)
    {
        using var gone = new CancellationTokenSource();
        context.Features.Set<IHttpUpgradeFeature>(new ClientUpgrade(upgrade, gone));
        return await forwarder.SendAsync(context, Destination, worker.Connections.Http1, WorkerConnections.Http1Config, this, gone.Token);
    }

    /// <summary>What the forwarder and the HTTP client write themselves.</summary>
    private static bool IsFraming(string name) =>
        name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase);

    private static void AddFraming(HttpRequestMessage outgoing, string name, StringValues value)
    {
        var own = name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) ? ForwardedRequest.ConnectionHeader
            : name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase) ? ForwardedRequest.UpgradeHeader
            : null;
        if (own is not null)
            outgoing.Headers.TryAddWithoutValidation(own, value.ToString());
    }

    /// <summary>False for a field that belongs to a body, where there is none.</summary>
    private static bool TryAdd(HttpRequestMessage outgoing, string name, string value) =>
        outgoing.Headers.TryAddWithoutValidation(name, value) || outgoing.Content?.Headers.TryAddWithoutValidation(name, value) == true;

    private static void Copy(System.Net.Http.Headers.HttpHeadersNonValidated headers, IHeaderDictionary to, bool isHttp2)
    {
        foreach (var (name, values) in headers)
        {
            // That the connection is to end the app has asked for; what else is said of connections is between the two.
            if (KnownHeaders.IsConnectionSpecific(name) && (isHttp2 || !IsClose(name, values)))
                continue;
            to.Append(name, values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]));
        }

        static bool IsClose(string name, System.Net.Http.Headers.HeaderStringValues values) =>
            name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) && values.ToString().Equals("close", StringComparison.OrdinalIgnoreCase);
    }
}

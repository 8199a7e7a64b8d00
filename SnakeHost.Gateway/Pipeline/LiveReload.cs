using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>
/// Lets a page in a browser reload itself when its app has changed: the developer's error page always, HTML answers of healthy apps where
/// <c>Autoreload:Browser</c> says so.
/// </summary>
/// <remarks>
/// Script and event stream (server-sent events, WHATWG HTML 9.2) have a path with a random part, new for each process, so that it cannot collide
/// with a path of an app, and nobody who has not been given a page knows it. Gateways at one address have it in common: a page of one may ask another one, which
/// has counted other loads, or has never loaded the tenant. So they go by the time at which the page was made, and by the stamps of files that all of them touch.
/// </remarks>
internal sealed class LiveReload
{
    private const string AnyPrefix = "/.snakehost-";

    private static string s_prefix = Prefix(RandomNumberGenerator.GetHexString(32, lowercase: true));
    private static string? s_changes;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly SearchValues<char> s_id = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly RequestDelegate _next;
    private readonly TenantRegistry _tenants;
    private readonly bool _amendsPolicies;

    /// <param name="amendsPolicies">Whether a page's own Content-Security-Policy is made to let the script in.</param>
    public LiveReload(RequestDelegate next, TenantRegistry tenants, bool amendsPolicies)
    {
        _amendsPolicies = amendsPolicies;
        _next = next;
        _tenants = tenants;
        if (s_changes is not null)
            _ = TellOthersAsync(tenants.Events.Subscribe(), s_changes);
    }

    /// <summary>Has the path in common with other processes that serve the same apps at the same addresses. Before the first page.</summary>
    /// <param name="secret">What they all know, and nobody else.</param>
    /// <param name="changes">A folder of theirs, with a file for each tenant that has changed.</param>
    public static void Share(string secret, string changes) => (s_prefix, s_changes) = (Prefix(secret), changes);

    /// <summary>The script of a page of this tenant, for a page that was made when the tenant had seen so many loads.</summary>
    public static string Script(TenantRegistry tenants, string tenantId) =>
        $$"""
        const source = new EventSource("{{s_prefix}}{{UrlEncoder.Default.Encode(tenantId)}}?{{(s_changes is null ? $"seen={Seen(tenants, tenantId)}" : string.Create(CultureInfo.InvariantCulture, $"at={DateTime.UtcNow.Ticks}"))}}");
        source.addEventListener("change", () => { source.close(); location.reload(); });
        """;

    /// <summary>Whether it is a page that asks, of whichever gateway.</summary>
    public static bool IsOwn(HttpContext context) => context.Request.Path.Value?.StartsWith(AnyPrefix, StringComparison.Ordinal) == true;

    public Task HandleAsync(HttpContext context) =>
        context.Request.Path.Value is { } path && path.StartsWith(s_prefix, StringComparison.Ordinal)
            ? OwnAsync(context, path[s_prefix.Length..])
            : PageAsync(context);

    private Task OwnAsync(HttpContext context, string name) =>
        name.EndsWith(".js", StringComparison.Ordinal)
            ? ScriptAsync(context, name[..^3])
            : EventsAsync(context, name);

    private Task ScriptAsync(HttpContext context, string tenantId)
    {
        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(Script(_tenants, tenantId), context.RequestAborted);
    }

    private async Task EventsAsync(HttpContext context, string tenantId)
    {
        // Subscribed first: what happens between the page and this request shows in the number, what happens later in the events.
        using var subscription = _tenants.Events.Subscribe();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.Features.Get<ClientConnection>()?.SendingEnded ?? default);
        var changes = s_changes is null
            ? ChangeAsync(subscription, tenantId, context.Request.Query["seen"], left.Token)
            : SharedChangeAsync(Path.Join(s_changes, tenantId.AsSpan().ContainsAnyExcept(s_id) ? null : tenantId), context.Request.Query["at"], left.Token);
        await EventStream.SendAsync(context, changes, left.Token);
    }

    /// <summary>One event, when the page is out of date.</summary>
    private async IAsyncEnumerable<string> ChangeAsync(TenantEventSubscription subscription, string tenantId, string? seen, [EnumeratorCancellation] CancellationToken left)
    {
        if (seen == Seen(_tenants, tenantId))
            await ChangedAsync(subscription, tenantId, left);
        yield return EventStream.Event("change", "");
    }

    /// <summary>A changed source is enough: the request that the browser makes then waits for the new generation, and hastens it.</summary>
    private static async Task ChangedAsync(TenantEventSubscription subscription, string tenantId, CancellationToken left)
    {
        await foreach (var next in subscription.ReadAllAsync(left))
        {
            if (next.TenantId == tenantId && next.Kind is TenantEventKind.Stale or TenantEventKind.Ready or TenantEventKind.Failed or TenantEventKind.Evicted)
                return;
        }
    }

    /// <summary>The same for a page of whichever gateway.</summary>
    private static async IAsyncEnumerable<string> SharedChangeAsync(string stamp, string? made, [EnumeratorCancellation] CancellationToken left)
    {
        var at = long.TryParse(made, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc) : default;
        while (!File.Exists(stamp) || File.GetLastWriteTimeUtc(stamp) <= at)
            await Task.Delay(s_look, left);
        yield return EventStream.Event("change", "");
    }

    /// <summary>What this one loads for the first time, or after a change that it has told of, is no news.</summary>
    private static async Task TellOthersAsync(TenantEventSubscription subscription, string folder)
    {
        await foreach (var next in subscription.ReadAllAsync())
        {
            if (next is not ({ Kind: TenantEventKind.Stale } or { Kind: TenantEventKind.Ready, Generation: > 1, ChangedFiles.Count: 0 }))
                continue;
            try
            {
                var stamp = Path.Join(folder, next.TenantId);
                File.WriteAllBytes(stamp, []);
                File.SetLastWriteTimeUtc(stamp, next.Time.UtcDateTime);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Pages are then not reloaded.
            }
        }
    }

    private static string Prefix(string secret) => $"{AnyPrefix}{secret}/";

    /// <summary>Differs whenever a page made before would be another one now.</summary>
    private static string Seen(TenantRegistry tenants, string tenantId) =>
        tenants.Find(tenantId)?.ToSnapshot() is { IsStale: false } tenant ? $"{tenant.Generation}.{tenant.Failures}" : "stale";

    private async Task PageAsync(HttpContext context)
    {
        var (isAmended, nonce) = (!_amendsPolicies || !HttpMethods.IsGet(context.Request.Method), (string?)null);
        if (!isAmended)
            context.Response.OnStarting(Amend);
        var isPending = HttpMethods.IsGet(context.Request.Method);
        if (isPending)
            context.Response.OnStarting(ForgetLength);
        await _next(context);
        isPending = false;
        if (RequestNotes.Find(context) is not { IsLivePage: true, Tenant: { } tenant } || !CanAppend(context))
            return;
        await Amend();
        var tag = Encoding.UTF8.GetBytes($"<script src=\"{s_prefix}{UrlEncoder.Default.Encode(tenant.Id)}.js\"{(nonce is null ? "" : $" nonce=\"{HtmlEncoder.Default.Encode(nonce)}\"")}></script>\n");
        if (context.Response.ContentLength is { } length)
            context.Response.ContentLength = length + tag.Length;
        await context.Response.BodyWriter.WriteAsync(tag, context.RequestAborted);

        // What is on its way before it is whole, as from an app's own process, becomes longer than its head says.
        Task ForgetLength()
        {
            if (isPending && RequestNotes.Find(context) is { IsLivePage: true } && CanAppend(context))
                context.Response.ContentLength = null;
            return Task.CompletedTask;
        }

        Task Amend()
        {
            if (!isAmended)
                (isAmended, nonce) = (true, AmendPolicy(context));
            return Task.CompletedTask;
        }
    }

    /// <summary>The nonce that the script's tag needs, if it needs one.</summary>
    private static string? AmendPolicy(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (headers.ContentSecurityPolicy.Count == 0 || RequestNotes.Find(context) is not { IsLivePage: true } || context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) != true)
            return null;
        headers.ContentSecurityPolicy = PagePolicy.Allow(headers.ContentSecurityPolicy, $"{context.Request.Scheme}://{context.Request.Host}{s_prefix}", out var nonce);
        return nonce;
    }

    /// <summary>An HTML page as text, whose length has not been told to the client, or that is sent in chunks.</summary>
    private static bool CanAppend(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method)
        && context.Response is { StatusCode: StatusCodes.Status200OK, ContentType: { } type } response
        && type.StartsWith("text/html", StringComparison.OrdinalIgnoreCase)
        && response.Headers.ContentEncoding.Count == 0
        && !response.Headers.ContainsKey(HeaderNames.ETag)
        && (response.ContentLength is null || !response.HasStarted)
        && !context.RequestAborted.IsCancellationRequested;
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Options;
using SnakeHost.Gateway.Routing;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Serves a route's static folders without touching Python: ranges, ETag and Last-Modified as ASP.NET Core's own file server does.</summary>
internal sealed class StaticFolders(IWebHostEnvironment environment, ILoggerFactory loggers)
{
    // By the specification, which lives as long as the tenant is known.
    private readonly ConditionalWeakTable<TenantSpecification, Folder[]> _folders = [];

    /// <summary>The path of the folder of which a file answered; null for a path that is none of the files: it is for the app.</summary>
    public async Task<string?> TryServeAsync(HttpContext context, Route route, TenantSpecification specification)
    {
        using var conditions = new FileConditions(context.Request.Headers);
        foreach (var folder in _folders.GetValue(specification, tenant => Create(route, tenant)))
        {
            if (!context.Request.Path.StartsWithSegments(folder.RequestPath, StringComparison.Ordinal) || folder.Server is not { } server)
                continue;
            if (await TryServeAsync(context, server))
                return folder.RequestPath.Value;
        }

        return null;
    }

    private static async Task<bool> TryServeAsync(HttpContext context, StaticFileMiddleware server)
    {
        var notes = RequestNotes.Of(context);
        for (var again = true; ; again = false)
        {
            notes.IsMissed = false;
            try
            {
                await server.Invoke(context);
                if (notes.IsMissed)
                    return false;
                if (!HasBecomeEmpty(context))
                    return true;
            }
            catch (UnauthorizedAccessException) when (!context.Response.HasStarted)
            {
                context.Response.Clear();
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return true;
            }
            catch (IOException) when (!context.Response.HasStarted)
            {
                // Between the look at the file and its opening it has gone, or has become another one.
            }

            // Another look tells what there is now.
            context.Response.Clear();
            if (!again)
                return false;
        }
    }

    /// <summary>A body was announced, and none has been sent: an editor was about to write the file anew.</summary>
    private static bool HasBecomeEmpty(HttpContext context) =>
        context.Response is { HasStarted: false, ContentLength: > 0, StatusCode: StatusCodes.Status200OK or StatusCodes.Status206PartialContent }
        && !HttpMethods.IsHead(context.Request.Method);

    private Folder[] Create(Route route, TenantSpecification specification)
    {
        // Without a word on it browsers guess, and show an old file.
        var age = (long)route.Options.StaticMaxAge.TotalSeconds;
        var caching = age == 0 ? "no-cache" : string.Create(CultureInfo.InvariantCulture, $"public, max-age={age}");
        return
        [
            .. route.Options.Static.Select(entry =>
            {
                var path = entry.Key.TrimEnd('/');
                var folder = Path.GetFullPath(entry.Value, specification.WorkingDirectory);
                return new Folder(path, folder, () => Serve(path, folder, caching));
            }),
        ];
    }

    private StaticFileMiddleware Serve(string path, string folder, string caching) => new(
        Missed,
        environment,
        Options.Create(new StaticFileOptions
        {
            RequestPath = path,
            FileProvider = new ConfinedFileProvider(new PhysicalFileProvider(folder, ExclusionFilters.Sensitive)),
            ServeUnknownFileTypes = true,
            DefaultContentType = "application/octet-stream",
            OnPrepareResponse = file =>
            {
                file.Context.Response.Headers.CacheControl = caching;
                file.Context.Response.Headers.XContentTypeOptions = "nosniff";
            },
        }),
        loggers);

    private static Task Missed(HttpContext context)
    {
        RequestNotes.Of(context).IsMissed = true;
        return Task.CompletedTask;
    }

    /// <summary>A folder that may be made only later, by a build or by Django's <c>collectstatic</c>.</summary>
    private sealed class Folder(PathString requestPath, string directory, Func<StaticFileMiddleware> serve)
    {
        private StaticFileMiddleware? _server;

        public PathString RequestPath => requestPath;

        /// <summary>Null as long as there is no such folder.</summary>
        public StaticFileMiddleware? Server => _server ?? (Directory.Exists(directory) ? _server = serve() : null);
    }
}

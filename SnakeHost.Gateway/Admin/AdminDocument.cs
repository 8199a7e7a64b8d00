using Microsoft.OpenApi;

namespace SnakeHost.Gateway.Admin;

/// <summary>The OpenAPI document of the admin listener, made from its endpoints; docs/admin.openapi.json is a copy.</summary>
internal static class AdminDocument
{
    public const string Path = "/openapi.json";

    public static void AddAdminDocument(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "SnakeHost admin",
                Version = "1",
                Description = "The apps that a gateway serves: their state, reload and eviction by hand, and an event for every change.",
            };
            // Where it listens is the configuration's business, not the document's.
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["token"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "SnakeHost:Admin:Token; not asked for where none is configured.",
                },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }, new OpenApiSecurityRequirement()];
            return Task.CompletedTask;
        });
    });
}

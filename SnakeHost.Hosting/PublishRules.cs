using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.Hosting;

/// <summary>Aspire publishes for an environment. Where the application has none it does nothing, and says that it has succeeded.</summary>
internal static class PublishRules
{
    private const string Step = "snakehost-has-environment";

    /// <summary>Once for an application, however many gateways it has.</summary>
    public static void Use(IDistributedApplicationBuilder builder)
    {
        if (builder.Resources.OfType<SnakeGatewayResource>().Count() > 1 || builder.Services.Any(service => service.ServiceType == typeof(Mark)))
            return;
        builder.Services.AddSingleton<Mark>();
#pragma warning disable ASPIREPIPELINES001 // The one way to a sentence before publishing.
        builder.Pipeline.AddStep(
            Step,
            static context =>
            {
                if (context.Model.Resources.OfType<IComputeEnvironmentResource>().Any())
                    return Task.CompletedTask;
                // Aspire's CLI ends with one of its own; without it the failure of a pipeline ends the AppHost as if all was well.
                Environment.ExitCode = 1;
                throw new DistributedApplicationException(
                    "There is nothing to publish for: the AppHost names no environment, such as builder.AddDockerComposeEnvironment(\"env\") of the package Aspire.Hosting.Docker. For azd, and for a Dockerfile of your own use, there is the manifest: aspire do publish-manifest.");
            },
            requiredBy: new[] { WellKnownPipelineSteps.Publish, WellKnownPipelineSteps.Deploy });
#pragma warning restore ASPIREPIPELINES001
    }

    private sealed class Mark;
}

using k8s;
using k8s.Models;

namespace SnakeHost.Tests.Images;

/// <summary>The manifests in <c>deploy</c>: each by the types that Kubernetes' API is generated into, and all of them as one application.</summary>
public sealed class KubernetesTests
{
    private static readonly List<IKubernetesObject<V1ObjectMeta>> s_objects =
    [
        .. Directory.EnumerateFiles(Path.Join(RepositoryFolder.Path, "deploy"), "*.yaml").Order(StringComparer.Ordinal)
            // Strict: a key that the type does not have is an error, and so is one that stands there twice.
            .SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true)).Cast<IKubernetesObject<V1ObjectMeta>>(),
    ];

    private static V1PodTemplateSpec Pod => Only<V1Deployment>().Spec.Template;

    private static V1Container Container => Assert.Single(Pod.Spec.Containers);

    [Fact]
    public void ThereIsOneOfEach_AndEachHasANameAndALabel()
    {
        Assert.Equal(
            ["Deployment apps/v1", "HorizontalPodAutoscaler autoscaling/v2", "Ingress networking.k8s.io/v1", "PodDisruptionBudget policy/v1", "Service v1"],
            s_objects.Select(one => $"{one.Kind} {one.ApiVersion}").Order(StringComparer.Ordinal));
        Assert.All(s_objects, one => Assert.Equal(("snakehost", "snakehost"), (one.Name(), one.GetLabel("app.kubernetes.io/name"))));
        // A typing error in a manifest would end here.
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  selectors: {}\n", strict: true));
    }

    [Fact]
    public void TheyMeanTheSamePods_AndTheSamePort()
    {
        Assert.Equal(Pod.Metadata.Labels, Only<V1Deployment>().Spec.Selector.MatchLabels);
        Assert.Equal(Pod.Metadata.Labels, Only<V1Service>().Spec.Selector);
        Assert.Equal(Pod.Metadata.Labels, Only<V1PodDisruptionBudget>().Spec.Selector.MatchLabels);
        Assert.All(Pod.Spec.TopologySpreadConstraints, spread => Assert.Equal(Pod.Metadata.Labels, spread.LabelSelector.MatchLabels));
        var target = Only<V2HorizontalPodAutoscaler>().Spec.ScaleTargetRef;
        Assert.Equal(("apps/v1", "Deployment", "snakehost"), (target.ApiVersion, target.Kind, target.Name));
        // It needs what it is a share of.
        Assert.NotNull(Container.Resources.Requests["cpu"]);
        Assert.True(Only<V2HorizontalPodAutoscaler>().Spec.MinReplicas > int.Parse(Only<V1PodDisruptionBudget>().Spec.MaxUnavailable.Value, System.Globalization.CultureInfo.InvariantCulture));

        var port = Assert.Single(Container.Ports);
        var service = Assert.Single(Only<V1Service>().Spec.Ports);
        Assert.Equal(port.Name, service.TargetPort.Value);
        var backend = Assert.Single(Assert.Single(Only<V1Ingress>().Spec.Rules).Http.Paths).Backend.Service;
        Assert.Equal((Only<V1Service>().Name(), service.Name), (backend.Name, backend.Port.Name));
        Assert.All(new[] { Container.StartupProbe, Container.ReadinessProbe, Container.LivenessProbe }, probe => Assert.Equal(port.Name, probe.HttpGet.Port.Value));
    }

    [Fact]
    public void TheyFitTheImage()
    {
        Assert.Contains($"USER {Pod.Spec.SecurityContext.RunAsUser}", Dockerfile.Lines);
        Assert.Contains($"EXPOSE {Assert.Single(Container.Ports).ContainerPort}", Dockerfile.Lines);
        Assert.Equal(Dockerfile.Environment["SnakeHost__HealthPath"], Container.ReadinessProbe.HttpGet.Path);
        Assert.Equal(Dockerfile.Environment["SnakeHost__Listen"], $":{Assert.Single(Container.Ports).ContainerPort}");
        Assert.Equal("/tmp", Assert.Single(Container.VolumeMounts).MountPath);
        Assert.True(Container.SecurityContext is { ReadOnlyRootFilesystem: true, AllowPrivilegeEscalation: false, Capabilities.Drop: ["ALL"] });
        Assert.True(Pod.Spec.SecurityContext.RunAsNonRoot);

        var options = Settings.Read(Container.Env.Where(variable => variable.Value is not null).ToDictionary(variable => variable.Name, variable => (string?)variable.Value));
        Assert.Equal(Assert.Single(Only<V1Ingress>().Spec.Rules).Host, options.Routes[0].Host);
        Assert.False(options.Routes[0].Autoreload.Enabled);
        Assert.True(options.Drain > TimeSpan.Zero);
        // docs/deployment.md, the table of times.
        Assert.True(Pod.Spec.TerminationGracePeriodSeconds > options.Drain.TotalSeconds + options.Reload.Grace.TotalSeconds + 15);
    }

    private static T Only<T>() => s_objects.OfType<T>().Single();
}

using SnakeHost.Gateway.Supervision;

namespace SnakeHost.Tests.Supervision;

public sealed class WorkerRoleTests
{
    [Theory]
    [InlineData(null, "service.instance.id=snakehost-1a-7")]
    [InlineData("deployment.environment=test", "deployment.environment=test,service.instance.id=snakehost-1a-7")]
    [InlineData("service.instance.id=abc,a=b", "a=b,service.instance.id=abc-7")]
    public void EachHasAnInstanceOfItsOwnInTelemetry(string? attributes, string expected) =>
        Assert.Equal(expected, new WorkerRole(7, "/tmp/snakehost-1a", [], "secret").Distinguish(attributes));
}

using Microsoft.Extensions.Configuration;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class ConfiguredServiceHandlerTests
{
    [Theory]
    [InlineData("http://gateway/a?b=c", "http://127.0.0.1:9080/a?b=c")]
    [InlineData("https+http://gateway/", "http://127.0.0.1:9080/")]
    [InlineData("https+http://secure/", "https://10.0.0.1/")]
    [InlineData("http://elsewhere:81/x", "http://elsewhere:81/x")]
    public void AName_BecomesItsConfiguredAddress(string uri, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:gateway:http:0"] = "http://127.0.0.1:9080",
            ["services:secure:https:0"] = "https://10.0.0.1",
            ["services:secure:http:0"] = "http://10.0.0.1",
        }).Build();
        using var handler = new ConfiguredServiceHandler(configuration);
        Assert.Equal(expected, handler.Resolve(new Uri(uri)).ToString());
    }
}

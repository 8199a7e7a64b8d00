using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class HttpClientDefaultsTests
{
    [Fact]
    public async Task AClient_FindsTheServiceByItsName_AndTriesAgainWhenItFails()
    {
        var requests = 0;
        var service = WebApplication.CreateSlimBuilder();
        service.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = service.Build();
        app.MapGet("/", () => Interlocked.Increment(ref requests) == 1 ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Text("billing"));
        await app.StartAsync(TestContext.Current.CancellationToken);

        var caller = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        caller.Configuration.AddInMemoryCollection([new("services:billing:http:0", app.Urls.Single())]);
        caller.AddServiceDefaults();
        using var host = caller.Build();
        using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient();

        Assert.Equal("billing", await client.GetStringAsync(new Uri("http://billing/"), TestContext.Current.CancellationToken));
        Assert.Equal(2, requests);
    }

    [Fact]
    public void AServiceThatCallsNobody_HasNone()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddServiceDefaults(httpClients: false);
        using var host = builder.Build();

        Assert.Null(host.Services.GetService<IHttpClientFactory>());
    }
}

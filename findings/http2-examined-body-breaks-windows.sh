#!/usr/bin/env bash
# Kestrel of .NET 10.0.12: over HTTP/2 a handler looks at the first MiB of a request's body (PipeReader.AdvanceTo, nothing consumed, all examined) and then leaves it all to be read by
# somebody else (nothing consumed, nothing examined), as a buffering middleware may. From then on the stream's window is wrong: .NET's own HttpClient is told that it has sent more than
# it was allowed, FLOW_CONTROL_ERROR, which closes the connection with all requests on it. The same uploads, consumed as they come, all arrive.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > windows.csproj << 'XML'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
XML
cat > Program.cs << 'CS'
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

const int Looked = 1 << 20, Sent = 5_000_000;
var builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.Limits.Http2.InitialStreamWindowSize = 512 * 1024;
    kestrel.Limits.Http2.InitialConnectionWindowSize = 50 << 20;
    kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
});
await using var web = builder.Build();
web.Run(async context =>
{
    var (reader, looks, total) = (context.Request.BodyReader, context.Request.Path == "/look", 0L);
    while (true)
    {
        var read = await reader.ReadAsync();
        if (looks && read.Buffer.Length <= Looked && !read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            continue;
        }

        if (looks)
        {
            // As much as wanted: all of it is left for somebody else to read.
            looks = false;
            reader.AdvanceTo(read.Buffer.Start);
            continue;
        }

        total += read.Buffer.Length;
        reader.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted)
            break;
    }

    await context.Response.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(total.ToString()));
});
await web.StartAsync();
var address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
var flow = new Dictionary<string, int>();
foreach (var path in new[] { "/take", "/look" })
{
    using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    var failed = 0;
    await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, stop) =>
    {
        try
        {
            using var answer = await client.PostAsync(address + path, new Unknown(Sent), stop);
            if (await answer.Content.ReadAsStringAsync(stop) != Sent.ToString())
                Console.WriteLine("another length");
        }
        catch (HttpRequestException e) when (e.ToString().Contains("FLOW_CONTROL_ERROR"))
        {
            Interlocked.Increment(ref failed);
        }
        catch (HttpRequestException)
        {
            // On the same connection.
        }
    });
    flow[path] = failed;
    Console.WriteLine($"{path}: {(failed > 0 ? "FLOW_CONTROL_ERROR" : "all arrive")}");
}

return flow is { } seen && seen["/take"] == 0 && seen["/look"] > 0 ? 0 : 1;

sealed class Unknown(int length) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var left = length; left > 0; left -= 65536)
        {
            await stream.WriteAsync(new byte[Math.Min(left, 65536)]);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long size)
    {
        size = 0;
        return false;
    }
}
CS
dotnet --list-runtimes | grep -m 1 "Microsoft.AspNetCore.App 10"
dotnet run -c Release -v quiet

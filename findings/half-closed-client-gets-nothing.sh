#!/usr/bin/env bash
# Kestrel of ASP.NET Core 10.0: a client that has sent a whole request and then ends its sending, shutdown(SHUT_WR), is taken for gone: RequestAborted is cancelled, and what the handler
# answers is thrown away without an exception. The client, which reads on, gets the end of the stream and not a byte. TCP has no other way to say "this is all I send".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > half.csproj << 'XML'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
XML
cat > Program.cs << 'CSHARP'
using System.Net.Sockets;
using System.Text;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
await using var app = builder.Build();
var (asked, sent) = (new TaskCompletionSource(), new TaskCompletionSource<string>());
app.MapGet("/waits", async (HttpContext context) =>
{
    var aborted = new TaskCompletionSource();
    context.RequestAborted.Register(aborted.SetResult);
    asked.SetResult();
    await aborted.Task;
    try
    {
        await context.Response.WriteAsync("answer");
        await context.Response.Body.FlushAsync();
        sent.SetResult("written without an exception");
    }
    catch (Exception e)
    {
        sent.SetResult(e.GetType().Name);
    }
});
app.MapGet("/at-once", () => "answer");
await app.StartAsync();
foreach (var path in new[] { "/at-once", "/waits" })
{
    using var client = new TcpClient("127.0.0.1", new Uri(app.Urls.First()).Port);
    using var stream = client.GetStream();
    await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    if (path == "/waits")
    {
        await asked.Task;
        client.Client.Shutdown(SocketShutdown.Send);
        Console.WriteLine(await sent.Task);
    }

    var answer = await new StreamReader(stream).ReadToEndAsync();
    Console.WriteLine($"{path}: {(answer.Length == 0 ? "nothing" : answer.Split('\r')[0])}");
}
CSHARP
dotnet --version
seen=$(dotnet run)
printf '%s\n' "$seen"
[[ $seen == $'/at-once: HTTP/1.1 200 OK\nwritten without an exception\n/waits: nothing' ]]

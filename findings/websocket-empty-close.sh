#!/usr/bin/env bash
# System.Net.WebSockets of .NET 10.0: a close frame without a code is told as NormalClosure (1000), so it cannot be told from a close with 1000. RFC 6455, 7.1.5, has 1005 for it, and
# WebSocketCloseStatus has a value of that number, Empty, "no error specified", which ReceiveAsync never gives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > close.csproj << 'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
XML
cat > Program.cs << 'CSHARP'
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

foreach (var frame in new byte[][] { [0x88, 0x00], [0x88, 0x02, 0x03, 0xe8], [0x88, 0x02, 0x03, 0xe9] })
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    using var client = new TcpClient();
    await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
    using var peer = await listener.AcceptTcpClientAsync();
    await peer.GetStream().WriteAsync(frame);
    using var socket = WebSocket.CreateFromStream(client.GetStream(), new() { IsServer = false });
    var received = await socket.ReceiveAsync(new byte[100], CancellationToken.None);
    Console.WriteLine($"{Convert.ToHexString(frame)}: {(int)received.CloseStatus!} {received.CloseStatus}");
}
CSHARP
dotnet --version
seen=$(dotnet run)
printf '%s\n' "$seen"
[[ $seen == $'8800: 1000 NormalClosure\n880203E8: 1000 NormalClosure\n880203E9: 1001 EndpointUnavailable' ]]

#!/usr/bin/env bash
# System.Net.WebSockets of .NET 10.0: the message "Hello" of RFC 7692, section 7.2.3.4, whose DEFLATE block has BFINAL set and is followed by an empty octet, is refused by
# WebSocket.ReceiveAsync with a WebSocketException. The same text flushed without BFINAL (section 7.2.3.1) is read. The RFC allows both to any sender.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > last.csproj << 'XML'
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
using System.Text;

Console.WriteLine("flushed: " + await ReceiveAsync([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]));
Console.WriteLine("BFINAL: " + await ReceiveAsync([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]));

static async Task<string> ReceiveAsync(byte[] compressed)
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    using var client = new TcpClient();
    await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
    using var peer = await listener.AcceptTcpClientAsync();
    // A whole text message from the server: FIN, RSV1 (compressed), opcode 1.
    await peer.GetStream().WriteAsync(new byte[] { 0xc1, (byte)compressed.Length }.Concat(compressed).ToArray());
    using var socket = WebSocket.CreateFromStream(client.GetStream(), new() { IsServer = false, DangerousDeflateOptions = new() });
    var buffer = new byte[100];
    try
    {
        var (length, isWhole) = (0, false);
        while (!isWhole)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            (length, isWhole) = (length + part.Count, part.EndOfMessage);
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
    catch (WebSocketException)
    {
        return nameof(WebSocketException);
    }
}
CSHARP
dotnet --version
seen=$(dotnet run)
printf '%s\n' "$seen"
[[ $seen == $'flushed: Hello\nBFINAL: WebSocketException' ]]

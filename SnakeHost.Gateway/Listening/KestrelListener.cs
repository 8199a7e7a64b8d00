using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Listening;

/// <summary>Makes Kestrel listen where the options say.</summary>
internal static class KestrelListener
{
    private static readonly byte[] s_unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <param name="address">Where, and what is spoken there.</param>
    /// <param name="certificates">For HTTPS; null for the development certificate.</param>
    /// <param name="limit">Of connections; null for none.</param>
    /// <param name="listening">Is told which connections are open; null for nobody.</param>
    /// <exception cref="ConfigurationException">There is no certificate for HTTPS.</exception>
    public static void Add(KestrelServerOptions kestrel, ListenAddress address, CertificateTable? certificates = null, ConnectionLimit? limit = null, PublicSockets? listening = null)
    {
        if (address.IsLocalhost)
            kestrel.ListenLocalhost(address.Port, Configure);
        else if (address.Address is null)
            kestrel.ListenAnyIP(address.Port, Configure);
        else
            kestrel.Listen(address.Address, address.Port, Configure);

        void Configure(ListenOptions listen)
        {
            listen.Protocols = address.Scheme switch
            {
                ListenScheme.Https => HttpProtocols.Http1AndHttp2,
                ListenScheme.Http2Cleartext => HttpProtocols.Http2,
                _ => HttpProtocols.Http1,
            };
            // In another protocol there is nothing short to say.
            if (limit is not null)
                listen.Use(next => connection => limit.CountAsync(connection, next, address.Scheme == ListenScheme.Http ? s_unavailable : default));
            if (listening is not null)
                listen.Use(next => connection => listening.FollowAsync(connection, next));
            listen.Use(next => connection => ClientConnection.FollowAsync(connection, next));
            if (address.Scheme == ListenScheme.Http)
                listen.Use(next => connection => EndInOrder(connection, next));
            if (address.Scheme != ListenScheme.Https)
                return;
            if (certificates is not null)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = context => certificates.ChooseAsync(context.ClientHelloInfo.ServerName) });
            else
                UseDevelopmentCertificate(listen, address);
        }
    }

    private static Task EndInOrder(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Transport = new DuplexPipe(new EndingReader(connection.Transport.Input), connection.Transport.Output);
        return next(connection);
    }

    private static void UseDevelopmentCertificate(ListenOptions listen, ListenAddress address)
    {
        try
        {
            listen.UseHttps();
        }
        catch (InvalidOperationException e)
        {
            throw new ConfigurationException(
                $"SnakeHost:Listen holds https on port {address.Port}, but there is no certificate: name one by SnakeHost:Certificates (--cert FILE --key FILE), or make the development certificate by 'dotnet dev-certs https'.", e);
        }
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}

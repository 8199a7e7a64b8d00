using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Listening;

/// <summary>A certificate in PEM files. Each handshake looks at their stamps, so that a renewed certificate is used from the next connection on.</summary>
internal sealed partial class CertificateFile
{
    private readonly CertificateOptions _options;
    private readonly ILogger _logger;
    private readonly Lock _reading = new();
    private volatile Loaded _loaded;

    /// <exception cref="ConfigurationException">The files hold no usable certificate.</exception>
    public CertificateFile(CertificateOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        try
        {
            _loaded = Read(Stamp());
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw new ConfigurationException($"{options.Path}:Certificate is '{options.Certificate}', with the key '{options.Key}': {Reason(e)}", e);
        }
    }

    /// <summary>What a handshake shows.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            var stamp = Stamp();
            if (stamp != _loaded.Stamp)
                Reload(stamp);
            return _loaded.Context;
        }
    }

    /// <summary>Whether the certificate is for the host, by its own names.</summary>
    public bool Matches(string host) => _loaded.Context.TargetCertificate.MatchesHostname(host);

    private void Reload(FilesStamp stamp)
    {
        lock (_reading)
        {
            if (stamp == _loaded.Stamp)
                return;
            try
            {
                _loaded = Read(stamp);
                Log.Reloaded(_logger, _options.Certificate, _loaded.Context.TargetCertificate.NotAfter);
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                // Half written, or the key is yet to come: the next change of either is looked at again.
                _loaded = _loaded with { Stamp = stamp };
                Log.Unusable(_logger, _options.Certificate, Reason(e));
            }
        }
    }

    private Loaded Read(FilesStamp stamp)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_options.Certificate);
        var certificate = X509Certificate2.CreateFromPemFile(_options.Certificate, _options.Key);
        if (chain.Count > 0)
            chain.RemoveAt(0);
        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), stamp);
    }

    private FilesStamp Stamp() => new(FileTime(_options.Certificate), FileTime(_options.Key));

    /// <summary>By an open file: a time by path is that of a symbolic link, which tools for renewal re-point.</summary>
    private static (DateTime Modified, long Length) FileTime(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            return default;
        }
    }

    private static bool IsUnreadable(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;

    private static string Reason(Exception e) => $"{e.Message.TrimEnd('.')}.";

    private readonly record struct FilesStamp((DateTime Modified, long Length) Certificate, (DateTime Modified, long Length) Key);

    private sealed record Loaded(SslStreamCertificateContext Context, FilesStamp Stamp);

    private static partial class Log
    {
        [LoggerMessage(EventId = 250, Level = LogLevel.Information, Message = "The certificate {File} has been read again; it is valid until {End:u}")]
        public static partial void Reloaded(ILogger logger, string file, DateTime end);

        [LoggerMessage(EventId = 251, Level = LogLevel.Warning, Message = "The certificate {File} has changed but cannot be used, so the one from before is: {Reason}")]
        public static partial void Unusable(ILogger logger, string file, string reason);
    }
}

using System.Net.Security;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Listening;

/// <summary>Chooses the certificate by the name that the client asks for (SNI, RFC 6066, 3): an exact host, the longest suffix, any, else the first of all.</summary>
internal sealed class CertificateTable
{
    private readonly List<(HostPattern Host, CertificateFile File)> _named = [];
    private readonly List<CertificateFile> _files = [];

    // Chosen by the names in them.
    private readonly List<CertificateFile> _unnamed = [];

    /// <exception cref="ConfigurationException">A certificate or one of its hosts cannot be used.</exception>
    public CertificateTable(IEnumerable<CertificateOptions> certificates, ILogger logger)
    {
        foreach (var options in certificates)
        {
            var file = new CertificateFile(options, logger);
            _files.Add(file);
            if (options.Hosts.Count == 0)
                _unnamed.Add(file);
            foreach (var host in options.Hosts)
                _named.Add((HostPattern.Parse($"{options.Path}:Hosts", host), file));
        }

        _named.Sort((left, right) => Rank(left.Host).CompareTo(Rank(right.Host)));
    }

    public ValueTask<SslServerAuthenticationOptions> ChooseAsync(string? host) =>
        ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = Choose(host).Current });

    private CertificateFile Choose(string? host)
    {
        if (string.IsNullOrEmpty(host))
            return _files[0];
        Span<char> buffer = stackalloc char[HostName.MaximumLength];
        var length = HostName.Normalize(host, buffer, out _);
        if (length < 0)
            return _files[0];
        var name = buffer[..length];
        foreach (var (pattern, file) in _named)
        {
            if (IsMatch(pattern, name))
                return file;
        }

        return _unnamed.Find(file => file.Matches(host)) ?? _files[0];
    }

    private static bool IsMatch(HostPattern pattern, ReadOnlySpan<char> host) => pattern.Kind switch
    {
        HostPatternKind.Exact => host.SequenceEqual(pattern.Value),
        HostPatternKind.Suffix => host.EndsWith(pattern.Value),
        _ => true,
    };

    private static (HostPatternKind, int) Rank(HostPattern pattern) => (pattern.Kind, -pattern.Value.Length);
}

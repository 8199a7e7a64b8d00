using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>The certificates of https:// addresses.</summary>
internal static class CertificateCheck
{
    private const string Subject = "certificate";

    /// <summary>Marks the development certificate of ASP.NET Core.</summary>
    private const string Development = "1.3.6.1.4.1.311.84.1.1";

    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    public static IEnumerable<Finding> Run(SnakeHostOptions options)
    {
        if (!options.Addresses.Any(static address => address.Scheme == ListenScheme.Https))
            return [Finding.Good(Subject, "none is needed: no address begins with https://")];
        return options.Certificates.Count > 0 ? options.Certificates.Select(OfFile) : [OfDevelopment()];
    }

    private static Finding OfFile(CertificateOptions options)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
            return Dated(options.Certificate, certificate, "renew it; the gateway takes the new file by itself.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Finding.Problem(Subject, $"{options.Certificate}, with the key {options.Key}, cannot be used: {e.Message}");
        }
    }

    private static Finding OfDevelopment()
    {
        const string Remedy = "dotnet dev-certs https --trust, or name a certificate by --cert.";
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException)
        {
            return Finding.Problem(Subject, $"there is no development certificate: {Remedy}");
        }

        var certificate = store.Certificates.Where(static found => found.HasPrivateKey && found.Extensions.Any(static extension => extension.Oid?.Value == Development)).MaxBy(static found => found.NotAfter);
        return certificate is null ? Finding.Problem(Subject, $"there is no development certificate: {Remedy}") : Dated("the development certificate", certificate, Remedy);
    }

    private static Finding Dated(string name, X509Certificate2 certificate, string remedy)
    {
        var now = DateTime.Now;
        if (certificate.NotAfter < now)
            return Finding.Problem(Subject, $"{name} has expired ({certificate.NotAfter:yyyy-MM-dd}): {remedy}");
        if (certificate.NotBefore > now)
            return Finding.Problem(Subject, $"{name} is not valid before {certificate.NotBefore:yyyy-MM-dd HH:mm}: look at this machine's clock, or {remedy}");
        return certificate.NotAfter - now < s_soon
            ? Finding.Warning(Subject, $"{name} expires on {certificate.NotAfter:yyyy-MM-dd}: {remedy}")
            : Finding.Good(Subject, $"{name} is valid until {certificate.NotAfter:yyyy-MM-dd}");
    }
}

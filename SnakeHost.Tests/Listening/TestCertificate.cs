using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SnakeHost.Tests.Listening;

/// <summary>A certificate of its own making, in PEM files.</summary>
internal sealed record TestCertificate(string CertificateFile, string KeyFile, string Thumbprint)
{
    /// <param name="folder">Where the files go.</param>
    /// <param name="name">Of the files.</param>
    /// <param name="hosts">The names in the certificate.</param>
    public static TestCertificate Write(TemporaryFolder folder, string name, params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hosts[0]}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new TestCertificate(
            folder.File($"{name}.pem", certificate.ExportCertificatePem()), folder.File($"{name}.key", key.ExportPkcs8PrivateKeyPem()), certificate.Thumbprint);
    }
}

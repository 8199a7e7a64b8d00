namespace SnakeHost.Gateway.Configuration;

/// <summary>A certificate for HTTPS, and the hosts it is shown to.</summary>
internal sealed class CertificateOptions
{
    /// <summary>As the hosts of a route: exact, <c>*.suffix</c> or <c>*</c>. Empty: the names in the certificate.</summary>
    public List<string> Hosts { get; set; } = [];

    /// <summary>PEM, the certificate itself first and its intermediates behind it. Absolute once read.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM, not encrypted. Empty: in the certificate's file. Absolute once read.</summary>
    public string Key { get; set; } = "";

    /// <summary>The configuration key that it was read from, for messages. Not a key itself.</summary>
    internal string Path { get; set; } = "SnakeHost:Certificates";
}

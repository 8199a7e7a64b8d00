using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Writes a specification as a canonical string, in which every text stands behind its length (as a netstring: <c>8:main:app</c>).</summary>
internal static class TenantKey
{
    public static string Write(TenantSpecification specification)
    {
        var key = new StringBuilder(256);
        Text(key, specification.Name);
        Text(key, specification.App);
        Number(key, (int)specification.Interface);
        Number(key, (int)specification.Lifespan);
        Number(key, (int)specification.Isolation);
        Number(key, specification.Processes);
        Number(key, specification.MemoryLimit);
        Number(key, specification.MaxRequests);
        Number(key, specification.Threads);
        Number(key, specification.MaxBufferedRequestBody);
        Number(key, specification.Autoreload ? 1 : 0);
        Text(key, specification.Debugger?.ToString());
        Text(key, specification.WorkingDirectory);
        Text(key, specification.Venv);
        List(key, specification.EnvFiles);
        List(key, specification.PrivatePackages);
        Number(key, specification.Env.Count);
        foreach (var (name, value) in specification.Env)
        {
            Text(key, name);
            Text(key, value);
        }

        return key.ToString();
    }

    /// <summary>SHA-256 of a key's UTF-16 code units, in lower-case hex. An encoding would map all unpaired surrogates to one character.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(key.AsSpan())));

    private static void Text(StringBuilder key, string? text)
    {
        // "-" has no length in front, so null differs from the empty string.
        if (text is null)
            key.Append('-');
        else
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:").Append(text);
        key.Append(',');
    }

    private static void Number(StringBuilder key, long number) => key.Append(CultureInfo.InvariantCulture, $"{number},");

    private static void List(StringBuilder key, IReadOnlyList<string> values)
    {
        Number(key, values.Count);
        foreach (var value in values)
            Text(key, value);
    }
}

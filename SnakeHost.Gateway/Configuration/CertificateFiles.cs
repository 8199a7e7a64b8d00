namespace SnakeHost.Gateway.Configuration;

/// <summary>Checks that the files of certificates are there, and makes their paths absolute.</summary>
internal static class CertificateFiles
{
    public static void Resolve(SnakeHostOptions options)
    {
        foreach (var certificate in options.Certificates)
        {
            certificate.Certificate = Find($"{certificate.Path}:Certificate", certificate.Certificate, options.BaseDirectory);
            certificate.Key = certificate.Key.Length == 0 ? certificate.Certificate : Find($"{certificate.Path}:Key", certificate.Key, options.BaseDirectory);
        }
    }

    private static string Find(string key, string file, string directory)
    {
        if (file.Length == 0) throw new ConfigurationException($"{key} is '': it must be a PEM file.");
        var path = Path.GetFullPath(file, directory);
        return File.Exists(path) ? path : throw new ConfigurationException($"{key} is '{file}': there is no file {path}.");
    }
}

namespace SnakeHost.Gateway.Configuration;

/// <summary>A setting that cannot be used. The message is one sentence for the user: it names the key and the value.</summary>
internal sealed class ConfigurationException : Exception
{
    public ConfigurationException(string message) : base(message)
    {
    }

    public ConfigurationException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

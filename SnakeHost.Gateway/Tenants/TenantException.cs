namespace SnakeHost.Gateway.Tenants;

/// <summary>Why a request did not get a generation. Each subclass is one row of the table of answers.</summary>
internal abstract class TenantException(string message, Exception? innerException = null) : Exception(message, innerException);

namespace SnakeHost.Gateway.Configuration;

/// <summary>Names as configuration, the admin API and Python know them.</summary>
internal static class EnumName
{
    public static string Lower<T>(this T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

namespace SnakeHost.Gateway.Admin;

/// <summary>The list of tenants as a page; it follows the event stream.</summary>
internal static class AdminPage
{
    public static string Html { get; } = Read();

    private static string Read()
    {
        using var stream = typeof(AdminPage).Assembly.GetManifestResourceStream("SnakeHost.Gateway.Admin.AdminPage.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

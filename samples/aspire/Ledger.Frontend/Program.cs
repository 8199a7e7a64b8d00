var builder = WebApplication.CreateBuilder(args);
builder.Services.AddServiceDiscovery();
builder.Services.ConfigureHttpClientDefaults(static http => http.AddServiceDiscovery());
var app = builder.Build();

// "billing" and "shop" are the tenants' names; where they are, the AppHost says.
app.MapGet("/", static async (HttpClient http) => $"""
    billing: {await http.GetStringAsync(new Uri("http://billing/invoices"))}
    shop: {await http.GetStringAsync(new Uri("http://shop/"))}
    """);

app.Run();

var builder = DistributedApplication.CreateBuilder(args);
var db = builder.AddConnectionString("ledger");                   // or builder.AddPostgres("pg").AddDatabase("ledger")
var key = builder.AddParameter("api-key", secret: true);

var gateway = builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("gateway")
    .WithTenants("../apps")                                       // every folder with a Python file
    .WithRoute(new SnakeRoute("*.shops.test", "{http.request.host.labels.2}") { App = "main:app" })
    .WithAutoreload(browser: true);

var billing = gateway.AddTenant("billing", "../billing")          // one app, wherever it lies
    .WithApp("wsgi:app")
    .WithPip()
    .WithHttpHealthCheck("/healthz")
    .WithEnvironment("API_KEY", key)
    .WithReference(db);
var shop = gateway.AddTenant("shop", "../shop")
    .WithReference(billing);                                      // one tenant that calls another

builder.AddProject<Projects.Ledger_Frontend>("frontend")
    .WithReference(billing).WaitFor(billing)                      // http://billing, for its HttpClient
    .WithReference(shop);

builder.Build().Run();

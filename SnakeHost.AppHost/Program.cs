var builder = DistributedApplication.CreateBuilder(args);

// Every folder of apps/ is an app: apps/notes answers at http://notes.dev.localhost, at the port that the dashboard shows.
builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("gateway")
    .WithTenants("../apps")
    .WithAutoreload(browser: true);

builder.Build().Run();

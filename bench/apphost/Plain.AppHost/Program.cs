var builder = DistributedApplication.CreateBuilder(args);

builder.AddExecutable("executable", "sleep", ".", "3600");

builder.Build().Run();

extern alias AppHost;

// What the AppHost adds to Aspire's own namespaces, and what Aspire makes of the projects for it.
global using AppHost::Aspire.Hosting;
global using AppHost::Aspire.Hosting.ApplicationModel;
global using Projects = AppHost::Projects;

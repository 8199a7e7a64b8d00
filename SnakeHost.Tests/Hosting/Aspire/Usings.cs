extern alias AppHost;
extern alias Hosting;

// What the library adds to Aspire's own namespaces, and what Aspire makes of the projects for the AppHost.
global using Hosting::Aspire.Hosting;
global using Hosting::Aspire.Hosting.ApplicationModel;
global using Projects = AppHost::Projects;

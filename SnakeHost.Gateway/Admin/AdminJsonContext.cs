using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<TenantSnapshot>))]
[JsonSerializable(typeof(TenantSnapshot))]
[JsonSerializable(typeof(AdminEvent))]
[JsonSerializable(typeof(AdminReload))]
[JsonSerializable(typeof(IReadOnlyList<RunningRequest>))]
[JsonSerializable(typeof(AdminDebug))]
[JsonSerializable(typeof(AdminInstall))]
[JsonSerializable(typeof(IReadOnlyList<ImportedModule>))]
[JsonSerializable(typeof(ProfileData))]
[JsonSerializable(typeof(AdminMemory))]
[JsonSerializable(typeof(OutputLine))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class AdminJsonContext : JsonSerializerContext;

namespace SnakeHost.Gateway.Profiling;

/// <summary>A profile that can be had again.</summary>
/// <param name="Key">Nobody can guess it: who has it may see the profile, for a browser that follows a link has no token.</param>
internal sealed record KeptProfile(string Tenant, string Key, ProfileReport Report);

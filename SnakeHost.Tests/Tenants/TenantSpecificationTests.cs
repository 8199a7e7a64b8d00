using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantSpecificationTests
{
    private static readonly TenantSpecification s_base = new()
    {
        App = "main:app",
        WorkingDirectory = "/w",
        EnvFiles = ["/a", "/b"],
        Env = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" },
        PrivatePackages = ["django"],
    };

    [Fact]
    public void EqualValues_AreEqual_WhateverTheOrderOfVariables()
    {
        var same = s_base with { EnvFiles = new List<string> { "/a", "/b" }, Env = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } };
        Assert.Equal(s_base, same);
        Assert.Equal(s_base.GetHashCode(), same.GetHashCode());
        Assert.Equal(s_base.Key, same.Key);
    }

    [Fact]
    public void EveryValue_CountsForTheIdentity()
    {
        _ = s_base.Key; // A copy must not take a key along that was built already.
        TenantSpecification[] all =
        [
            s_base, s_base with { App = "main:app2" }, s_base with { Interface = InterfaceKind.Wsgi }, s_base with { Lifespan = LifespanMode.Off }, s_base with { Threads = 9 }, s_base with { MaxBufferedRequestBody = 9 },
            s_base with { Debugger = new(null, false) }, s_base with { Debugger = new(5678, false) }, s_base with { Debugger = new(5678, true) },
            s_base with { Autoreload = true }, s_base with { WorkingDirectory = "/w2" }, s_base with { Venv = "" }, s_base with { Venv = "/v" },
            s_base with { EnvFiles = ["/b", "/a"] }, s_base with { EnvFiles = ["/a/b"] }, s_base with { EnvFiles = [] },
            s_base with { Env = new Dictionary<string, string> { ["A"] = "1" } }, s_base with { Env = new Dictionary<string, string> { ["A"] = "12", ["B"] = "" } },
            s_base with { Env = new Dictionary<string, string> { ["a"] = "1", ["B"] = "2" } },
            s_base with { PrivatePackages = [] }, s_base with { PrivatePackages = ["django", "x"] },
            s_base with { App = "main:app2:/w", WorkingDirectory = "" }, s_base with { App = "", WorkingDirectory = "main:app2:/w" },
            s_base with { EnvFiles = ["1:a", "b"] }, s_base with { EnvFiles = ["1", "a1:b"] }, s_base with { EnvFiles = ["/a2:/b"] },
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all.Length, all.Select(specification => specification.Key).Distinct().Count());
    }
}

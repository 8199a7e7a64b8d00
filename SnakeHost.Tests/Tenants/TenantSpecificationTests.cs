using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantSpecificationTests
{
    private static readonly TenantSpecification _base = new()
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
        var same = _base with { EnvFiles = new List<string> { "/a", "/b" }, Env = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } };
        Assert.Equal(_base, same);
        Assert.Equal(_base.GetHashCode(), same.GetHashCode());
        Assert.Equal(_base.Key, same.Key);
    }

    [Fact]
    public void EveryValue_CountsForTheIdentity()
    {
        _ = _base.Key; // A copy must not take a key along that was built already.
        TenantSpecification[] all =
        [
            _base, _base with { App = "main:app2" }, _base with { Interface = InterfaceKind.Wsgi }, _base with { Lifespan = LifespanMode.Off }, _base with { Threads = 9 }, _base with { ChunkedBuffer = 9 },
            _base with { Autoreload = true }, _base with { WorkingDirectory = "/w2" }, _base with { Venv = "" }, _base with { Venv = "/v" },
            _base with { EnvFiles = ["/b", "/a"] }, _base with { EnvFiles = ["/a/b"] }, _base with { EnvFiles = [] },
            _base with { Env = new Dictionary<string, string> { ["A"] = "1" } }, _base with { Env = new Dictionary<string, string> { ["A"] = "12", ["B"] = "" } },
            _base with { Env = new Dictionary<string, string> { ["a"] = "1", ["B"] = "2" } },
            _base with { PrivatePackages = [] }, _base with { PrivatePackages = ["django", "x"] },
            _base with { App = "main:app2:/w", WorkingDirectory = "" }, _base with { App = "", WorkingDirectory = "main:app2:/w" },
            _base with { EnvFiles = ["1:a", "b"] }, _base with { EnvFiles = ["1", "a1:b"] }, _base with { EnvFiles = ["/a2:/b"] },
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all.Length, all.Select(specification => specification.Key).Distinct().Count());
    }
}

using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantSpecificationTests
{
    private static TenantSpecification Full() => new()
    {
        App = "main:app",
        Interface = InterfaceKind.Asgi,
        Lifespan = LifespanMode.On,
        Threads = 8,
        Autoreload = true,
        WorkingDirectory = "/srv/a",
        Venv = "/srv/a/.venv",
        EnvFiles = ["/srv/a/.env"],
        Env = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" },
        PrivatePackages = ["django"],
    };

    public static TheoryData<string> Changes => [.. Variants.Keys];

    private static Dictionary<string, Func<TenantSpecification, TenantSpecification>> Variants { get; } = new()
    {
        ["app"] = s => s with { App = "main:other" },
        ["interface"] = s => s with { Interface = InterfaceKind.Wsgi },
        ["lifespan"] = s => s with { Lifespan = LifespanMode.Off },
        ["threads"] = s => s with { Threads = 9 },
        ["autoreload"] = s => s with { Autoreload = false },
        ["directory"] = s => s with { WorkingDirectory = "/srv/A" },
        ["no venv"] = s => s with { Venv = null },
        ["empty venv"] = s => s with { Venv = "" },
        ["no env files"] = s => s with { EnvFiles = [] },
        ["env files split"] = s => s with { EnvFiles = ["/srv/a", "/.env"] },
        ["env value"] = s => s with { Env = new Dictionary<string, string> { ["A"] = "1", ["B"] = "3" } },
        ["env moved"] = s => s with { Env = new Dictionary<string, string> { ["A"] = "12", ["B"] = "" } },
        ["env joined"] = s => s with { Env = new Dictionary<string, string> { ["A"] = "1,1:B,1:2" } },
        ["package"] = s => s with { PrivatePackages = ["django", "wagtail"] },
        ["package as env file"] = s => s with { EnvFiles = ["/srv/a/.env", "django"], PrivatePackages = [] },
    };

    [Fact]
    public void TheSameValuesAreTheSameTenant_WhateverTheOrderOfTheEnvironment()
    {
        var other = Full() with { Env = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } };

        Assert.Equal(Full(), other);
        Assert.Equal(Full().GetHashCode(), other.GetHashCode());
        Assert.Equal(Full().Key, other.Key);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void ADifferentValueIsADifferentTenant(string change)
    {
        var original = Full();
        _ = (original.GetHashCode(), original.Key);

        var changed = Variants[change](original);

        Assert.NotEqual(original, changed);
        Assert.NotEqual(original.Key, changed.Key);
        Assert.NotEqual(original.GetHashCode(), changed.GetHashCode());
    }

    [Fact]
    public void TheVariantsDifferFromEachOtherToo()
    {
        var all = Variants.Values.Select(change => change(Full())).ToList();

        Assert.Equal(all.Count, all.Select(specification => specification.Key).Distinct().Count());
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public void RandomTextsWithSeparatorsNeverMakeTwoIdentitiesOneKey()
    {
        var random = new Random(7);
        string[] pieces = ["", ",", ":", "-", "1", "0:,", "1:a", "\0", "é", "\ud800", "\ud801", "a"];
        string Text() => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => pieces[random.Next(pieces.Length)]));
        List<string> Texts() => [.. Enumerable.Range(0, random.Next(3)).Select(_ => Text())];

        var byKey = new Dictionary<string, TenantSpecification>(StringComparer.Ordinal);
        var byHash = new Dictionary<string, TenantSpecification>(StringComparer.Ordinal);
        var shared = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var specification = new TenantSpecification
            {
                App = Text(),
                WorkingDirectory = "",
                Venv = random.Next(3) == 0 ? null : Text(),
                EnvFiles = Texts(),
                PrivatePackages = Texts(),
                Env = Texts().Distinct().ToDictionary(name => name, _ => Text()),
            };
            if (!byKey.TryAdd(specification.Key, specification))
            {
                shared++;
                Assert.Equal(byKey[specification.Key], specification);
            }

            byHash.TryAdd(TenantKey.Hash(specification.Key), specification);
        }

        Assert.InRange(shared, 1, 99_000);
        Assert.Equal(byKey.Count, byHash.Count);
        Assert.Equal(byKey.Count, byKey.Values.Distinct().Count());
    }

    [Fact]
    public void ChangingTheCollectionsAfterwardsDoesNotChangeTheIdentity()
    {
        var files = new List<string> { "a" };
        var env = new Dictionary<string, string> { ["A"] = "1" };
        var specification = new TenantSpecification { App = "auto", WorkingDirectory = "/", EnvFiles = files, Env = env };
        var key = specification.Key;

        files.Add("b");
        env["A"] = "2";

        Assert.Equal(["a"], specification.EnvFiles);
        Assert.Equal("1", specification.Env["A"]);
        Assert.Equal(key, (specification with { Threads = 0 }).Key);
    }

    [Fact]
    public void AsTextItKeepsTheEnvironmentToItself() =>
        Assert.DoesNotContain("2", (Full() with { WorkingDirectory = "/srv" }).ToString(), StringComparison.Ordinal);
}

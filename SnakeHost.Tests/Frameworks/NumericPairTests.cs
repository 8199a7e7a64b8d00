using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>numpy and pandas, loaded once for both tenants, and as copies of each tenant's own.</summary>
public sealed class NumericPairTests(SharedGateways gateways)
{
    private const string App =
        """
        import io
        import threading

        import numpy
        import pandas

        import version
        from identity import NAME

        pandas.options.display.precision = 2 if NAME == "red" else 4
        numpy.set_printoptions(precision=2 if NAME == "red" else 4)


        def answer(path):
            if path == "/version":
                return version.tell()
            if path == "/options":
                return f"{pandas.options.display.precision} {numpy.get_printoptions()['precision']}"
            if path == "/error":
                try:
                    numpy.linalg.inv(numpy.zeros((2, 2)))
                except numpy.linalg.LinAlgError as error:
                    return type(error).__name__
            sales = pandas.read_csv(io.StringIO("day,who,sum\n2026-01-01,ann,1.5\n2026-01-02,bob,2\n2026-02-01,ann,4\n"), parse_dates=["day"])
            sales["owner"] = NAME
            by_month = sales.set_index("day").groupby([pandas.Grouper(freq="MS"), "owner"])["sum"].sum()
            random = numpy.random.default_rng(7).integers(0, 100, 1000)
            found = []
            thread = threading.Thread(target=lambda: found.append(float(numpy.fft.rfft(numpy.ones(8)).real[0])))
            thread.start()
            thread.join()
            assert isinstance(sales["sum"].to_numpy(), numpy.ndarray) and random.dtype == numpy.int64
            return f"{NAME} {by_month.to_list()} {by_month.index[0][1]} {found[0]}"
        """;

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var python in InstalledPythons.WithModule("numpy, pandas"))
            {
                foreach (var isPrivate in new[] { false, true })
                    cases.Add(new TheoryDataRow<string, bool>(python.Data, isPrivate) { Skip = python.Skip });
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    [Framework("numpy", "numpy")]
    [Framework("pandas", "pandas")]
    public async Task SharedAndPrivate_TheyWork_AfterASaveToo(string python, bool isPrivate)
    {
        var pair = await SavedPair.OfAsync(gateways, python, PythonApps.Answering(App));

        await SavedPair.UseAsync(pair, UseAsync, AskAsync);

        async Task UseAsync(Tenant tenant, string name)
        {
            Assert.Equal($"{name} [3.5, 4.0] {name} 8.0", await AskAsync(tenant, "/"));
            Assert.Equal("LinAlgError", await AskAsync(tenant, "/error"));
            if (isPrivate)
                Assert.Equal(name == "red" ? "2 2" : "4 4", await AskAsync(tenant, "/options"));
        }

        async Task<string> AskAsync(Tenant tenant, string path)
        {
            var url = isPrivate ? new Uri($"http://{SharedGateway.PrivateHost}{path}") : tenant.Url(path);
            using var response = await pair.Client.SendAsync(HttpMethod.Get, url, null, (SharedGateway.TenantHeader, tenant.Name));
            return await response.TextAsync(HttpStatusCode.OK);
        }
    }
}

using OpenTelemetry;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class TenantExporterTests
{
    private readonly List<string> _exported = [];
    private readonly List<string> _made = [];
    private readonly List<string> _gone = [];
    private readonly List<ExportResult> _reported = [];

    [Fact]
    public void ABatch_GoesOutByTenant_InTheOrderOfArrival()
    {
        using var exporter = Create(capacity: 8, TimeSpan.FromHours(1));

        Assert.Equal(ExportResult.Success, Export(exporter, "a1", "b1", "a2", "-0"));
        Assert.Equal(ExportResult.Success, Export(exporter, "b2"));

        Assert.Equal(["a: a1 a2", "b: b1", "-: -0", "b: b2"], _exported);
        Assert.Equal(["a", "b", "-"], _made);
    }

    [Fact]
    public void AFailure_EndsTheBatch_AndNothingOfItComesLater()
    {
        using var exporter = Create(capacity: 8, TimeSpan.FromHours(1));

        Assert.Equal(ExportResult.Failure, Export(exporter, "a1", "x1", "b1"));
        Assert.Equal(ExportResult.Success, Export(exporter, "b2"));

        Assert.Equal(["a: a1", "x: x1", "b: b2"], _exported);
        Assert.Equal([ExportResult.Failure, ExportResult.Success], _reported);
    }

    [Fact]
    public void MoreTenantsThanThereIsRoomFor_AndIdleOnes_AreLetGo()
    {
        using (var exporter = Create(capacity: 2, TimeSpan.FromHours(1)))
        {
            Export(exporter, "a1", "b1", "c1");
            Assert.Equal((2, 1), (exporter.Count, _gone.Count));
            exporter.Shutdown();
            Assert.Equal(["a", "b", "c"], _gone.Order());
        }

        using (var exporter = Create(capacity: 2, TimeSpan.FromMilliseconds(-1)))
        {
            Export(exporter, "a1");
            Assert.Equal(0, exporter.Count);
        }
    }

    private TenantExporter<string> Create(int capacity, TimeSpan idle) => new(
        item => item[0] == '-' ? null : item[..1],
        tenant =>
        {
            _made.Add(tenant ?? "-");
            return new ResourceExporter<string>(new Recorder(tenant ?? "-", _exported), new Ending(() => _gone.Add(tenant ?? "-")));
        },
        result =>
        {
            _reported.Add(result);
            return result;
        },
        capacity,
        idle);

    private static ExportResult Export(TenantExporter<string> exporter, params string[] items) => exporter.Export(new Batch<string>(items, items.Length));

    private sealed class Recorder(string tenant, List<string> exported) : BaseExporter<string>
    {
        public override ExportResult Export(in Batch<string> batch)
        {
            var items = new List<string>();
            foreach (var item in batch)
                items.Add(item);
            exported.Add($"{tenant}: {string.Join(' ', items)}");
            return tenant == "x" ? ExportResult.Failure : ExportResult.Success;
        }
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

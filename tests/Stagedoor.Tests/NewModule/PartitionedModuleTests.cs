using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Commands;
using Stagedoor.Http;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.NewModule;

/// <summary>A module with partitions, one of which is not well: the start goes on, /readyz and doctor name it, and the others are used.</summary>
public sealed class PartitionedModuleTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly DaysModule _module = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ServeSettings Settings => new()
    {
        Data = Path.Combine(_folder.Path, "data"),
        Urls = "http://127.0.0.1:0",
        Modules = [.. Modules.All, _module],
        Overrides = ListenerSettings.Off(("Gateway:PasswordIterations", "10000")),
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("damaged", "days/2026-11-02 ")]
    [InlineData("foreign", "days/2026-11-02 bears the mark of another installation")]
    [InlineData("newer", "days/2026-11-02: ")]
    [InlineData("gone", "days/2026-11-02 was not dropped and is gone")]
    [InlineData("emptied", "days/2026-11-02 was not dropped and is empty")]
    public async Task One_that_is_not_well_stops_nothing_and_is_named(string what, string told)
    {
        await RunAsync(async app =>
        {
            foreach (var day in (string[])["2026-11-01", "2026-11-02", "2026-11-03"])
            {
                await using var db = await app.Services.GetRequiredService<Partitions>().MakeAsync(day, Cancellation);
                await db.ExecuteAsync("INSERT INTO span (id) VALUES (1)", null, Cancellation);
            }

            Assert.Empty(await WarningsAsync(app));
        });
        Assert.DoesNotContain(await DoctorAsync(), static f => f.Advice is not null);
        Spoil(Path.Combine(Settings.Data!, "days", "2026-11-02.db"), what);

        var finding = Assert.Single(await DoctorAsync(), static f => f.Advice is not null);
        Assert.True(finding.IsWarning);
        Assert.Contains(told, finding.Observation, StringComparison.Ordinal);
        await RunAsync(async app =>
        {
            await Eventually.TrueAsync(
                "/readyz names it", s_patience, async () => (await WarningsAsync(app)).Any(w => w.Contains(told, StringComparison.Ordinal)));
            var days = app.Services.GetRequiredService<Partitions>();
            await using var good = await days.FindAsync("2026-11-03", Cancellation);
            Assert.Equal(1, await good!.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
        });

        // Nothing was made or removed because something is absent.
        Assert.Equal(what is not "gone", File.Exists(Path.Combine(Settings.Data!, "days", "2026-11-02.db")));
    }

    [Fact]
    public async Task A_loss_is_accepted_by_name()
    {
        await RunAsync(async app => await (await app.Services.GetRequiredService<Partitions>().MakeAsync("2026-11-02", Cancellation)).DisposeAsync());
        Assert.False(await StagedoorHost.BeginAnewAsync(Settings, "days/2026-11-02", Cancellation));
        Spoil(Path.Combine(Settings.Data!, "days", "2026-11-02.db"), "gone");

        Assert.False(await StagedoorHost.BeginAnewAsync(Settings, "days/2026-11-01", Cancellation));
        Assert.False(await StagedoorHost.BeginAnewAsync(Settings, "images/2026-11-02", Cancellation));
        Assert.False(await StagedoorHost.BeginAnewAsync(Settings, "days/../images", Cancellation));
        Assert.True(await StagedoorHost.BeginAnewAsync(Settings, "days/2026-11-02", Cancellation));

        Assert.DoesNotContain(await DoctorAsync(), static f => f.Advice is not null);
    }

    [Fact]
    public async Task The_doubles_of_databases_hold_and_break_partitions_too()
    {
        var gate = new DatabaseGate();
        await using var app = await StagedoorHost.StartAsync(Settings, gate.Install, Cancellation);
        var days = app.Services.GetRequiredService<Partitions>();
        await using var first = await days.MakeAsync("2026-11-01", Cancellation);
        await using var second = await days.MakeAsync("2026-11-02", Cancellation);

        // By the partition's name it is that partition alone, by the module's any.
        using (var held = gate.HoldNext("days$2026-11-02"))
        {
            await AddAsync(first, 1);
            var adding = AddAsync(second, 1);
            await held.ReachedAsync();
            Assert.False(adding.IsCompleted);
            held.Break();
            Assert.Equal(StorageFault.Unavailable, (await Assert.ThrowsAsync<StorageException>(() => adding)).Fault);
        }

        using (var held = gate.HoldNext("days"))
        {
            var adding = AddAsync(first, 2);
            await held.ReachedAsync();
            held.Release();
            await adding;
        }

        using (new Sabotage(Path.Combine(Settings.Data!, "days", "2026-11-02.db")).RefuseInsert("span"))
        {
            await AddAsync(first, 3);
            await Assert.ThrowsAsync<StorageException>(() => AddAsync(second, 2));
        }

        await AddAsync(second, 3);
        Assert.Equal((3, 1), (await CountAsync(first), await CountAsync(second)));
        await app.StopAsync(Cancellation);
    }

    private static Task<int> AddAsync(Db db, long id) => db.ExecuteAsync("INSERT INTO span (id) VALUES (@id)", new { id }, Cancellation);

    private static Task<long> CountAsync(Db db) => db.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation);

    private static void Spoil(string file, string what)
    {
        switch (what)
        {
            case "gone":
                File.Delete(file);
                break;
            case "emptied":
                File.WriteAllBytes(file, []);
                break;
            case "damaged":
                File.WriteAllText(file, string.Join(' ', Enumerable.Repeat("no database", 1_000)));
                break;
            default:
                using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
                {
                    connection.Open();
                    using var command = connection.CreateCommand();
                    command.CommandText = what is "foreign"
                        ? "UPDATE installation SET id = 'another'"
                        : "INSERT INTO schema_migration (version, name, applied_at) VALUES (9, '0009_later.sql', 0)";
                    command.ExecuteNonQuery();
                }

                break;
        }
    }

    private async Task RunAsync(Func<WebApplication, Task> work)
    {
        await using var app = await StagedoorHost.StartAsync(Settings, static _ => { }, Cancellation);
        await work(app);
        await app.StopAsync(Cancellation);
    }

    private Task<List<Doctor.Finding>> DoctorAsync() => Doctor.ExamineAsync(Settings, Cancellation).ToListAsync(Cancellation).AsTask();

    private static async Task<IReadOnlyList<string>> WarningsAsync(WebApplication app)
    {
        using var client = new OutgoingClient { BaseAddress = new(StagedoorHost.Address(app)) };
        using var response = await client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var ready = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return ready.RootElement.TryGetProperty("warnings", out var warnings) ? [.. warnings.EnumerateArray().Select(static w => w.GetString()!)] : [];
    }

    /// <summary>Keeps spans by the day.</summary>
    private sealed class DaysModule : IModule
    {
        private static readonly Sql s_own = new("CREATE TABLE note (id BIGINT PRIMARY KEY)");
        private static readonly Sql s_days = new("CREATE TABLE span (id BIGINT PRIMARY KEY)");

        public string Name => "days";

        public ModuleTraits Traits { get; } = new() { Database = new("days", "note", s_own) { Partitions = s_days } };

        public void Add(IServiceCollection services, IConfiguration configuration) => services.AddSingleton(static provider => new Partitions(
            provider.GetRequiredService<IDatabaseEngine>(), "days", s_days, Durability.Normal, provider.GetRequiredService<TimeProvider>()));

        public void Map(IEndpointRouteBuilder routes)
        {
        }

        public async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
        {
            await using var db = new Db(services.GetRequiredService<IDatabaseEngine>().Open("days"));
            await MigrationRunner.RunAsync(db, s_own, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>An assembly of one migration.</summary>
    private sealed class Sql(string sql) : Assembly
    {
        private const string File = "0001_first.sql";

        public override string[] GetManifestResourceNames() => [File];

        public override Stream? GetManifestResourceStream(string name) => new MemoryStream(Encoding.UTF8.GetBytes(sql));
    }
}

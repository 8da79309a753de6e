using System.Data.Common;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Monitoring.Series;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Monitoring.Tests;

/// <summary>The writer of roll-ups before a database that does not answer.</summary>
public sealed class RollupWriterTests : IAsyncDisposable
{
    // The beginning of a minute.
    private static readonly DateTimeOffset s_start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private readonly FakeTimeProvider _clock = new(s_start);
    private readonly DeadDatabase _database = new();
    private readonly LogLines _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Waiting_minutes_have_a_ceiling()
    {
        const int Instances = 5_000;
        var store = Store();
        using var writer = Writer(store);

        for (var minute = 1; minute <= RollupWriter.MaxWaiting / Instances; minute++)
        {
            await MinuteAsync(store, writer, Instances);
            Assert.Equal(minute * Instances, writer.Waiting);
        }

        await MinuteAsync(store, writer, Instances);

        Assert.Equal(RollupWriter.MaxWaiting, writer.Waiting);
    }

    [Fact]
    public async Task A_dead_database_is_logged_once_and_what_is_lost_at_the_end_too()
    {
        var store = Store();
        using var writer = Writer(store);

        for (var minute = 0; minute < 3; minute++)
        {
            await MinuteAsync(store, writer, 1);
        }

        await writer.StopAsync(Cancellation);

        Assert.Equal(
            ["Error Metrics cannot be rolled up into the database and wait in memory", "Warning The process stops and 3 rolled-up minutes are lost"], _log.Lines);
    }

    [Fact]
    public async Task The_minute_that_has_begun_is_rolled_up_at_the_end_only()
    {
        var store = Store();
        using var writer = Writer(store);
        store.Record(Tenant.Default, MetricStoreTests.Report("host-1", MetricStoreTests.Row("Provider.a", qps: 1)));

        await writer.RollUpAsync(isLast: false, Cancellation);
        Assert.Equal(0, writer.Waiting);
        await writer.RollUpAsync(isLast: true, Cancellation);
        await writer.RollUpAsync(isLast: true, Cancellation);

        Assert.Equal(1, writer.Waiting);
    }

    [Fact]
    public async Task Two_roll_ups_at_once_take_a_minute_once()
    {
        var store = Store();
        using var writer = Writer(store);
        store.Record(Tenant.Default, MetricStoreTests.Report("host-1", MetricStoreTests.Row("Provider.a"), MetricStoreTests.Row("Consumer.a")));
        _clock.Advance(TimeSpan.FromMilliseconds(60_000));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => writer.RollUpAsync(isLast: false, Cancellation)));

        Assert.Equal(2, writer.Waiting);
    }

    private async Task MinuteAsync(MetricStore store, RollupWriter writer, int instances)
    {
        for (var i = 0; i < instances; i++)
        {
            store.Record(Tenant.Default, MetricStoreTests.Report($"host-{i}", MetricStoreTests.Row("Provider.a", qps: 1)));
        }

        _clock.Advance(TimeSpan.FromMilliseconds(60_000));
        await writer.RollUpAsync(isLast: false, Cancellation);
    }

    private MetricStore Store() => new(Options.Create(new MetricsOptions()), _clock);

    private RollupWriter Writer(MetricStore store) => new(store, new(new(_database)), Options.Create(new MetricsOptions()), _clock, _log);

    /// <summary>A database that is not there.</summary>
    private sealed class DeadDatabase : IDatabaseEngine, IDatabase
    {
        public string Engine => "sqlite";

        public string Location => "nowhere";

        public string Now => "0";

        public IPartitionEngine Partitions => throw new NotSupportedException();

        public IDatabase Open(string moduleName, Durability durability = Durability.Full) => this;

        public Task<bool> ExistsAsync(CancellationToken cancellationToken) => Task.FromException<bool>(Gone());

        public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => Task.FromException<IReadOnlyList<string>>(Gone());

        public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => Task.FromException<T>(Gone());

        public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) => Task.FromException<T>(Gone());

        public Task BulkInsertAsync(
            DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) => Task.FromException<IAsyncDisposable>(Gone());

        public Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) => Task.FromException(Gone());

        public Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken) => Task.FromException(Gone());

        public StorageException? Translate(Exception exception) => null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static StorageException Gone() => new(StorageSource.Database, StorageFault.Unavailable, "gone");
    }

    private sealed class LogLines : ILogger<RollupWriter>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}

using Stagedoor.Serve;
using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary>Whether everything that requests need can be reached.</summary>
/// <remarks>
/// Every call looks for itself: what is lost is told by the next one, or after <see cref="s_patience"/> when it does not answer. That a database cannot be written
/// is heard from the first write that failed; from then on every call tries one, until one succeeds.
/// </remarks>
internal sealed class Readiness : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private readonly List<(string Name, Db Db)> _databases;
    private readonly DatabaseHealth _health;
    private readonly IBlobStore _blobs;
    private readonly IEnumerable<IWarnings> _warnings;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _writing = new(1, 1);

    public Readiness(
        IDatabaseEngine engine, DatabaseHealth health, IBlobStore blobs, IEnumerable<IWarnings> warnings, IConfiguration configuration, TimeProvider clock)
    {
        (_health, _blobs, _warnings, _clock) = (health, blobs, warnings, clock);
        _databases = [.. Modules.Databases(configuration).Select(name => (name, new Db(engine.Open(name))))];
    }

    /// <summary>What the operator should look at although requests are answered.</summary>
    internal IReadOnlyList<string> Warnings => [.. _warnings.SelectMany(static w => w.Current)];

    /// <summary>The reasons why requests would fail; empty when they would not.</summary>
    internal async Task<IReadOnlyList<string>> ProblemsAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = new CancellationTokenSource(s_patience, _clock);
        await using var link = timer.Token.Register(limited.Cancel);
        var checks = _databases
            .Select(d => ProblemAsync($"database {d.Db.Location}", CheckAsync(d.Name, d.Db, limited.Token), cancellationToken))
            .Append(ProblemAsync($"blob store {_blobs.Location}", _blobs.CheckAsync(limited.Token), cancellationToken));
        return [.. (await Task.WhenAll(checks)).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        _writing.Dispose();
        foreach (var (_, db) in _databases)
        {
            await db.DisposeAsync();
        }
    }

    private static async Task<string?> ProblemAsync(string what, Task check, CancellationToken cancellationToken)
    {
        try
        {
            await check;
            return null;
        }
        catch (StorageException e)
        {
            return $"{what}: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{what}: no answer within {s_patience.TotalSeconds} s";
        }
    }

    private async Task CheckAsync(string name, Db db, CancellationToken cancellationToken)
    {
        await db.CheckAsync(cancellationToken);
        if (_health.FindWriteFault(name) is null)
        {
            return;
        }

        // One at a time, however many ask: it writes.
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_health.FindWriteFault(name) is not null)
            {
                await db.CheckWritableAsync(cancellationToken);
            }
        }
        finally
        {
            _writing.Release();
        }
    }
}

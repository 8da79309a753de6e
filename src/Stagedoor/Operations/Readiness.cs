using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary>Whether everything that requests need can be reached.</summary>
/// <remarks>
/// Every call looks for itself: what is lost is told by the next one, or after <see cref="s_patience"/> when it does not answer. That a database cannot be written
/// is heard from the first write that failed; from then on every call tries one, until one succeeds. That others hold what is to be written no such try can
/// tell, which writes to a table of its own: it is heard from the module's own writes alone. A check that does not answer is given up and not
/// cancelled: with a link that carries nothing the driver's cancellation waits for the link as well. It ends by itself, and until then no other is
/// begun of the same part: anybody may ask, as often as he likes, and who comes while a part is looked at hears what is found.
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
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal);

    public Readiness(
        IDatabaseEngine engine, DatabaseHealth health, IBlobStore blobs, IEnumerable<IWarnings> warnings, ModuleSet modules, TimeProvider clock)
    {
        (_health, _blobs, _warnings, _clock) = (health, blobs, warnings, clock);
        _databases = [.. modules.Databases.Select(database => (database.Name, new Db(engine.Open(database.Name))))];
    }

    /// <summary>What the operator should look at although requests are answered.</summary>
    internal IReadOnlyList<string> Warnings => [.. _warnings.SelectMany(static w => w.Current)];

    /// <summary>The reasons why requests would fail; empty when they would not.</summary>
    internal async Task<IReadOnlyList<string>> ProblemsAsync(CancellationToken cancellationToken) =>
        [.. (await ExamineAsync(cancellationToken)).Select(static p => p.Problem).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>What requests need, part by part.</summary>
    internal async Task<IReadOnlyList<PartState>> ExamineAsync(CancellationToken cancellationToken) => await Task.WhenAll(_databases
        .Select(d => ExamineAsync($"database {d.Name}", $"database {d.Db.Location}", () => CheckAsync(d.Name, d.Db), cancellationToken))
        .Append(ExamineAsync("blob store", $"blob store {_blobs.Location}", () => _blobs.CheckAsync(CancellationToken.None), cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        _writing.Dispose();
        foreach (var (_, db) in _databases)
        {
            await db.DisposeAsync();
        }
    }

    private async Task<PartState> ExamineAsync(string part, string what, Func<Task> check, CancellationToken cancellationToken)
    {
        var look = Begin(part, check);
        var problem = await ProblemAsync(look, what, cancellationToken);
        return new(part, problem, _clock.GetElapsedTime(look.Begun));
    }

    private async Task<string?> ProblemAsync(Look look, string what, CancellationToken cancellationToken)
    {
        var left = s_patience - _clock.GetElapsedTime(look.Begun);
        try
        {
            await look.Task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock, cancellationToken);
            return null;
        }
        catch (StorageException e)
        {
            return $"{what}: {e.Message}";
        }
        catch (TimeoutException)
        {
            return $"{what}: no answer within {s_patience.TotalSeconds} s";
        }
    }

    private Look Begin(string part, Func<Task> check)
    {
        lock (_gate)
        {
            if (!_looks.TryGetValue(part, out var look) || look.Task.IsCompleted)
            {
                // A folder of another machine blocks whoever looks at it.
                _looks[part] = look = new(Task.Run(check, CancellationToken.None), _clock.GetTimestamp());
            }

            return look;
        }
    }

    private async Task CheckAsync(string name, Db db)
    {
        await db.CheckAsync(CancellationToken.None);
        switch (_health.FindWriteFault(name))
        {
            case null:
                return;
            case { Fault: StorageFault.Busy } held:
                throw new StorageException(held.Store, held.Fault, held.Message, held);
        }

        // One at a time, however many ask: it writes.
        await _writing.WaitAsync();
        try
        {
            if (_health.FindWriteFault(name) is not null)
            {
                await db.CheckWritableAsync(CancellationToken.None);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>A check that runs, or has run.</summary>
    /// <param name="Task">The check.</param>
    /// <param name="Begun">When it began, as the clock's timestamp.</param>
    private sealed record Look(Task Task, long Begun);
}

/// <summary>Something that requests need.</summary>
/// <param name="Part">What it is called: <c>blob store</c>, or a database by its name.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
/// <param name="Took">How long it took to find out.</param>
internal sealed record PartState(string Part, string? Problem, TimeSpan Took);

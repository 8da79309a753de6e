using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary>Whether everything that requests need can be reached.</summary>
internal sealed class Readiness(IDatabaseEngine engine, IBlobStore blobs, IEnumerable<IWarnings> warnings, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private readonly Db _probe = new(engine.Open("gateway"));

    /// <summary>What the operator should look at although requests are answered.</summary>
    internal IReadOnlyList<string> Warnings => [.. warnings.SelectMany(static w => w.Current)];

    /// <summary>The reasons why requests would fail; empty when they would not.</summary>
    internal async Task<IReadOnlyList<string>> ProblemsAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = new CancellationTokenSource(s_patience, clock);
        await using var link = timer.Token.Register(limited.Cancel);
        var problems = await Task.WhenAll(
            ProblemAsync($"database {_probe.Location}", _probe.CheckAsync(limited.Token), cancellationToken),
            ProblemAsync($"blob store {blobs.Location}", blobs.CheckAsync(limited.Token), cancellationToken));
        return [.. problems.OfType<string>()];
    }

    public ValueTask DisposeAsync() => _probe.DisposeAsync();

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
}

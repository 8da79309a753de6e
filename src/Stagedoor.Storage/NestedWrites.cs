namespace Stagedoor.Storage;

/// <summary>
/// Refuses a write inside a write of the same database: with one writer it waits for itself, with a pool it may, and its changes would not be
/// undone with the outer ones.
/// </summary>
public sealed class NestedWrites
{
    private readonly AsyncLocal<Scope?> _current = new();

    /// <exception cref="InvalidOperationException">The caller is the work of a write that still runs.</exception>
    public void Refuse()
    {
        // A task that the work began inherits the mark and may outlive it; only the time of the work counts.
        if (_current.Value is { IsRunning: true })
        {
            throw new InvalidOperationException("A write inside a write would wait for itself: use the session of the outer one.");
        }
    }

    /// <summary>Runs the work of a write.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var scope = new Scope();
        _current.Value = scope;
        try
        {
            return await work();
        }
        finally
        {
            scope.IsRunning = false;
        }
    }

    private sealed class Scope
    {
        internal volatile bool IsRunning = true;
    }
}

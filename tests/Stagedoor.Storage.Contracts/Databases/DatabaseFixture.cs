namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>One engine with a place of the test's own, which is removed when the test is over.</summary>
public abstract class DatabaseFixture : IAsyncDisposable
{
    /// <summary>Another instance on the same tables, as another process would have it.</summary>
    public abstract Db Open();

    /// <summary>Makes every statement of every instance fail, or every open connection dead.</summary>
    public abstract Task BreakAsync();

    /// <summary>Undoes <see cref="BreakAsync"/>.</summary>
    public abstract Task MendAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CleanUpAsync();
    }

    protected abstract ValueTask CleanUpAsync();
}

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>One engine with a place of the test's own, which is removed when the test is over.</summary>
public abstract class DatabaseFixture : IAsyncDisposable
{
    /// <summary>Another instance on the same tables, as another process would have it.</summary>
    public Db Open() => Open(Durability.Full);

    /// <inheritdoc cref="Open()"/>
    public Db Open(Durability durability) => new(OpenEngine().Open(ModuleName, durability));

    /// <summary>Another engine on the same installation, as another process would have it. It lives as long as the fixture.</summary>
    public abstract IDatabaseEngine OpenEngine();

    /// <summary>The module whose database the test uses.</summary>
    public abstract string ModuleName { get; }

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

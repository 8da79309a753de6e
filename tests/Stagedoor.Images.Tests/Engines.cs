using Stagedoor.Testing;

namespace Stagedoor.Images.Tests;

/// <summary>An installation on each engine, which begins when a test first asks for it.</summary>
public sealed class Engines<TInstallation> : IAsyncDisposable
    where TInstallation : Installation, new()
{
    private readonly Dictionary<string, TInstallation> _installations = new(StringComparer.Ordinal);

    /// <summary>The one on that engine; skips the test where there is no server.</summary>
    public async Task<TInstallation> OnAsync(string engine)
    {
        if (!_installations.TryGetValue(engine, out var installation))
        {
            installation = new() { Database = engine is Engine.PostgreSql ? await OwnDatabase.CreateAsync() : null };
            _installations.Add(engine, installation);
            await installation.InitializeAsync();
        }

        return installation;
    }

    /// <summary>Runs the same on SQLite and, where there is a server, on PostgreSQL.</summary>
    public async Task EachAsync(Func<TInstallation, Task> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        foreach (var engine in Engine.All.Where(static e => e is not Engine.PostgreSql || OwnDatabase.IsAvailable))
        {
            await test(await OnAsync(engine));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var installation in _installations.Values)
        {
            await installation.DisposeAsync();
        }
    }
}

/// <summary>What metadata can be kept in.</summary>
public static class Engine
{
    public const string Sqlite = "SQLite";

    public const string PostgreSql = "PostgreSQL";

    public static IReadOnlyList<string> All { get; } = [Sqlite, PostgreSql];
}

using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests;

/// <summary>An installation on PostgreSQL, whose transactions a test can hold open. Its tests are skipped where there is no server.</summary>
public class SharedDatabase : Installation
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public DatabaseGate Gate { get; } = new();

    /// <summary>Settings of a kind of installation.</summary>
    protected virtual IEnumerable<(string Key, string Value)> Limits => [];

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [.. Limits, ("Modules", "images"), ("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false")];

    public override async ValueTask InitializeAsync()
    {
        if (OwnDatabase.IsAvailable)
        {
            Database = await OwnDatabase.CreateAsync();
            await base.InitializeAsync();
        }
    }

    /// <summary>The database; skips the test where there is none.</summary>
    public OwnDatabase Require()
    {
        Assert.SkipWhen(Database is null, OwnDatabase.Missing);
        return Database;
    }

    /// <summary>Does two things, the second of which begins when the first has done its work and not committed it; skips the test where there is no server.</summary>
    /// <param name="first">By a host behind <see cref="Gate"/>.</param>
    /// <param name="second">By whatever host; it may wait for the first.</param>
    public async Task<(T First, T Second)> OverlapAsync<T>(Func<Task<T>> first, Func<Task<T>> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var database = Require();
        using var held = Gate.HoldNext("images");
        var ahead = first();
        await Eventually.TrueAsync("the first before its commit", s_patience, () => held.IsReached || ahead.IsCompleted);
        var behind = second();
        await Eventually.TrueAsync("the second done or waiting", s_patience, async () => behind.IsCompleted || await database.HasWaitersAsync());
        held.Release();
        return (await ahead, await behind);
    }

    protected override void Configure(IServiceCollection services) => Gate.Install(services);
}

using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests;

/// <summary>An installation on PostgreSQL, whose transactions a test can hold open. Its tests are skipped where there is no server.</summary>
public class SharedDatabase : Installation
{
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

    protected override void Configure(IServiceCollection services) => Gate.Install(services);
}

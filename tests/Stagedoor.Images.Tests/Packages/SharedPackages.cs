using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>An installation on PostgreSQL with packages, whose transactions a test can hold open. Its tests are skipped where there is no server.</summary>
public sealed class SharedPackages : PackageInstallation
{
    public DatabaseGate Gate { get; } = new();

    protected override IEnumerable<(string Key, string Value)> Settings => [.. base.Settings, ("Modules", "images"), ("Images:Scrubber:Enabled", "false")];

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

using System.Net;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// An older installation is started by this version and killed inside each of its migrations, then started again: all of them are in, once each, and nothing
/// of what was there is lost.
/// </summary>
public sealed class UpgradeKillTests
{
    /// <summary>The modules that have later migrations.</summary>
    public static TheoryData<string> Modules => [.. OlderInstallation.Later.Select(static m => m.Module).Distinct(StringComparer.Ordinal)];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Modules))]
    public async Task An_upgrade_that_is_killed_inside_each_migration_is_begun_again_on_SQLite(string module)
    {
        await using var stagedoor = new StagedoorProcess();
        await using var older = new OlderInstallation.Sqlite(stagedoor.DataDirectory);
        await KillAndStartAsync(stagedoor, older, module, [.. OlderInstallation.Later.Where(m => string.Equals(m.Module, module, StringComparison.Ordinal)).Select(static m => m.Version)]);
    }

    [Theory]
    [InlineData("gateway", 30)]
    [InlineData("images", 3)]
    [InlineData("discovery", 10)]
    public async Task An_upgrade_that_is_killed_inside_a_migration_is_begun_again_on_PostgreSQL(string module, long version)
    {
        await using var older = await OlderInstallation.PostgreSql.CreateAsync();
        await using var stagedoor = new StagedoorProcess();
        await KillAndStartAsync(stagedoor, older, module, [version]);
    }

    [Fact]
    public async Task Of_two_replicas_that_upgrade_at_the_same_moment_one_does_it_and_both_serve()
    {
        await using var older = await OlderInstallation.PostgreSql.CreateAsync();
        await older.MakeAsync();
        await older.HoldAsync("images", 10);
        await using var first = new StagedoorProcess();
        await using var second = new StagedoorProcess();
        using var blobs = new TemporaryFolder();
        foreach (var stagedoor in (StagedoorProcess[])[first, second])
        {
            OlderInstallation.MakeFolder(stagedoor.DataDirectory);
            Directory.CreateSymbolicLink(Path.Combine(stagedoor.DataDirectory, "blobs"), blobs.Path);
            stagedoor.Set(older.Settings);
        }

        // One stands inside a migration, the other before its first.
        var starts = Task.WhenAll(first.BeginAsync(), second.BeginAsync());
        await older.ReachedAsync("images", count: 2);
        Assert.Equal(["1", "2", "3"], await older.AppliedAsync("images"));
        await older.ReleaseAsync("images");
        await starts;

        await older.ShouldBeWholeAsync();
        foreach (var stagedoor in (StagedoorProcess[])[first, second])
        {
            using var client = stagedoor.NewHttpClient();
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        }
    }

    // Killed in each of these, and then let through.
    private static async Task KillAndStartAsync(StagedoorProcess stagedoor, OlderInstallation older, string module, long[] versions)
    {
        await older.MakeAsync();
        stagedoor.Set(older.Settings);
        foreach (var version in versions)
        {
            await older.HoldAsync(module, version);
            await stagedoor.StartAndKillAsync(() => older.ReachedAsync(module));
            var applied = await older.AppliedAsync(module);
            Assert.Equal(OlderInstallation.Later.Where(m => string.Equals(m.Module, module, StringComparison.Ordinal) && m.Version < version).Select(static m => $"{m.Version}").Prepend("1"), applied);
            await older.ReleaseAsync(module);
        }

        await stagedoor.StartAsync();

        await older.ShouldBeWholeAsync();
        using var client = stagedoor.NewRegistryClient();
        var blob = RandomNumberGenerator.GetBytes(1_000);
        await client.PushBlobAsync("upgraded/app", RegistryClient.DigestOf(blob), blob, BlobUpload.Monolithic);
        await client.VerifyBlobAsync("upgraded/app", RegistryClient.DigestOf(blob), blob.Length);
    }
}

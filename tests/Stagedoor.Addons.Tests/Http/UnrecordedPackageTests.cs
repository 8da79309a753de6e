using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Addons.Packages;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Packages that were stored and not recorded before a server died are removed, and no others.</summary>
public sealed class UnrecordedPackageTests
{
    private const string Templates = "/api/v3/addontemplates";
    private const string Aged = "UPDATE package_links SET used_at = 1";
    private const string Unleased = "UPDATE blobs SET leased_until = 1";

    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_no_record_speaks_of_goes_when_it_is_old_and_nobody_was_told_of_it(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        var sabotage = host.App.Sabotage("addons");
        foreach (var (path, name) in (IEnumerable<(string, string)>)[(Templates, "recorded"), ("/v2/charts", "charted"), (Templates, "lost")])
        {
            using var made = await host.UploadAsync(path, AddonSite.Chart(name, "1.0.0"));
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        sabotage.Execute("DELETE FROM addon_version WHERE template = 'lost'");

        Assert.Equal(0, await RemoveAsync(host));
        sabotage.Execute(Aged);
        Assert.Equal(0, await RemoveAsync(host));
        sabotage.Execute(Unleased);
        Assert.Equal(1, await RemoveAsync(host));

        Assert.Equal(2, host.CountPackages());
        Assert.Equal(0, await RemoveAsync(host));
        using var again = await host.UploadAsync(Templates, AddonSite.Chart("lost", "1.0.0"));
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(3, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_removal_that_a_crash_has_cut_off_is_ended(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        using var made = await host.UploadAsync(Templates, AddonSite.Chart("half-gone", "1.0.0"));
        host.App.Sabotage("addons").Execute("DELETE FROM addon_version");
        host.App.Sabotage("addons").Execute("UPDATE blobs SET removing = 1, leased_until = 1");
        host.App.Sabotage("addons").Execute(Aged);

        Assert.Equal(1, await RemoveAsync(host));

        Assert.Equal(0, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_upload_of_the_same_bytes_that_comes_first_keeps_them(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        using (await host.UploadAsync(Templates, AddonSite.Chart("met-again", "1.0.0")))
        {
            host.App.Sabotage("addons").Execute("DELETE FROM addon_version");
            host.App.Sabotage("addons").Execute(Aged);
            host.App.Sabotage("addons").Execute(Unleased);
        }

        // The bytes are about to go when the same package is published: whoever publishes waits, and brings them again.
        using var held = host.Blobs.HoldNext(BlobStep.Delete);
        var removing = RemoveAsync(host);
        await held.ReachedAsync();
        var publishing = host.UploadAsync(Templates, AddonSite.Chart("met-again", "1.0.0"));
        held.Release();

        Assert.Equal(1, await removing);
        using var published = await publishing;
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        Assert.Equal(1, host.CountPackages());
        Assert.Equal(0, await RemoveAsync(host));
    }

    private static Task<int> RemoveAsync(GatedHost host) => host.App.Services.GetRequiredService<PackageStore>().RemoveUnrecordedAsync(Cancellation);
}

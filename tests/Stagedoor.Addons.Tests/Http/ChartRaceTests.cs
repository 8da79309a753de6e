using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Two at once, on both engines, with a gate that makes the race certain: for charts of users and for templates of add-ons.</summary>
public sealed class ChartRaceTests
{
    private const string Charts = "/v2/charts";
    private const string Templates = "/api/v3/addontemplates";

    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_two_uploads_of_one_version_the_first_to_be_recorded_is_there(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            var late = AddonSite.Chart("twice", "1.0.0", ("values.yaml", "replicas: 1\n"));
            var early = AddonSite.Chart("twice", "1.0.0", ("values.yaml", "replicas: 2\n"));
            using var held = host.Blobs.HoldNext(BlobStep.Commit);
            var waiting = host.UploadAsync(path, late);
            await held.ReachedAsync();

            using var first = await host.UploadAsync(path, early);
            held.Release();
            using var second = await waiting;

            Assert.Equal(HttpStatusCode.Created, first.StatusCode);
            await second.ShouldFailAsync(409, "CCE.03409001");
        }

        Assert.Equal(2, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_many_uploads_of_one_version_at_once_one_is_taken(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => host.UploadAsync(path, AddonSite.Chart("crowd", "1.0.0", ("values.yaml", $"replicas: {n}\n")))));

            Assert.Equal([201, 409, 409, 409, 409], answers.Select(static a => (int)a.StatusCode).Order());
            answers.ToList().ForEach(static a => a.Dispose());
        }

        Assert.Equal(2, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_upload_beside_a_removal_is_refused_while_it_goes_on(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            using var made = await host.UploadAsync(path, AddonSite.Chart("leaving", "1.0.0"));
            var address = await AddressAsync(path, made, "leaving", "1.0.0");
            using var held = host.Blobs.HoldNext(BlobStep.Delete);
            var deleting = host.App.Admin.DeleteAsync(address, Cancellation);
            await held.ReachedAsync();

            using var other = await host.UploadAsync(path, AddonSite.Chart("leaving", "1.0.0", ("values.yaml", "replicas: 5\n")), new { @override = true });
            held.Release();
            using var deleted = await deleting;
            using var after = await host.UploadAsync(path, AddonSite.Chart("leaving", "1.0.0", ("values.yaml", "replicas: 6\n")));

            await other.ShouldFailAsync(409, "CCE.03409001");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created), (deleted.StatusCode, after.StatusCode));
        }

        Assert.Equal(2, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_removal_beside_an_upload_that_is_not_recorded_yet_removes_what_was_there(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            using var made = await host.UploadAsync(path, AddonSite.Chart("overtaken", "1.0.0"));
            var address = await AddressAsync(path, made, "overtaken", "1.0.0");
            using var held = host.Blobs.HoldNext(BlobStep.Commit);
            var newer = AddonSite.Chart("overtaken", "1.0.0", ("values.yaml", "replicas: 5\n"));
            var replacing = path == Charts ? host.ReplaceAsync(address, newer) : host.UploadAsync(path, newer, new { @override = true });
            await held.ReachedAsync();

            using var deleted = await host.App.Admin.DeleteAsync(address, Cancellation);
            held.Release();
            using var replaced = await replacing;

            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
            if (path == Charts)
            {
                // Its id is gone.
                await replaced.ShouldFailAsync(404, "CCE.03404001");
            }
            else
            {
                Assert.Equal(HttpStatusCode.Created, replaced.StatusCode);
            }
        }

        Assert.Equal(1, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_removal_beside_a_replacement_that_is_being_committed_sees_it(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        using var made = await host.UploadAsync(Charts, AddonSite.Chart("crossing", "1.0.0"));
        var address = await AddressAsync(Charts, made, "crossing", "1.0.0");
        using var held = host.Blobs.HoldNext(BlobStep.Delete);
        var replacing = host.ReplaceAsync(address, AddonSite.Chart("crossing", "2.0.0"));
        await held.ReachedAsync();

        // The new content is live; the old package is about to go.
        var deleting = host.App.Admin.DeleteAsync(address, Cancellation);
        held.Release();
        using var replaced = await replacing;
        using var deleted = await deleting;
        using var shown = await host.App.Admin.GetAsync(address, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (replaced.StatusCode, deleted.StatusCode));
        await shown.ShouldFailAsync(404, "CCE.03404001");
        Assert.Equal(0, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_download_that_has_begun_ends_beside_a_removal(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        var package = AddonSite.Chart("read", "1.0.0");
        using var made = await host.UploadAsync(Charts, package);
        var address = await AddressAsync(Charts, made, "read", "1.0.0");
        using var held = host.Blobs.HoldNext(BlobStep.Read);
        var reading = host.App.Admin.GetByteArrayAsync($"{address}/archive", Cancellation);
        await held.ReachedAsync();

        using var deleted = await host.App.Admin.DeleteAsync(address, Cancellation);
        held.Release();

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(package, await reading);
        using var gone = await host.App.Admin.GetAsync($"{address}/archive", Cancellation);
        await gone.ShouldFailAsync(404, "CCE.03404001");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_two_removals_one_of_which_fails_nothing_is_left_half_done(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            using var made = await host.UploadAsync(path, AddonSite.Chart("both", "1.0.0"));
            var address = await AddressAsync(path, made, "both", "1.0.0");
            using var held = host.Blobs.HoldNext(BlobStep.Delete);
            host.Blobs.FailNext(BlobStep.Delete);
            var failing = host.App.Admin.DeleteAsync(address, Cancellation);
            await held.ReachedAsync();

            var second = host.App.Admin.DeleteAsync(address, Cancellation);
            held.Release();
            using var failed = await failing;
            using var other = await second;

            await failed.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000203");
            using var shown = await host.App.Admin.GetAsync(path == Charts ? $"{address}/archive" : $"{address}/package", Cancellation);
            Assert.Equal(other.StatusCode is HttpStatusCode.OK, shown.StatusCode is not HttpStatusCode.OK);
            using var again = await host.App.Admin.DeleteAsync(address, Cancellation);
            Assert.True(again.StatusCode is HttpStatusCode.OK || other.StatusCode is HttpStatusCode.OK);
        }

        Assert.Equal(0, host.CountPackages());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_old_package_that_cannot_be_removed_leaves_the_new_content_live(string engine)
    {
        await using var host = await GatedHost.StartAsync(engine);
        foreach (var path in new[] { Charts, Templates })
        {
            using var made = await host.UploadAsync(path, AddonSite.Chart("stuck", "1.0.0"));
            var address = await AddressAsync(path, made, "stuck", "1.0.0");
            var newer = AddonSite.Chart("stuck", "1.0.0", ("values.yaml", "replicas: 9\n"));
            host.Blobs.FailNext(BlobStep.Delete);

            using var replaced = path == Charts ? await host.ReplaceAsync(address, newer) : await host.UploadAsync(path, newer, new { @override = true });

            var error = await replaced.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000203");
            Assert.Contains("the new content is live", error.Body, StringComparison.Ordinal);
            Assert.Equal(newer, await host.App.Admin.GetByteArrayAsync(path == Charts ? $"{address}/archive" : $"{address}/package", Cancellation));
        }
    }

    private static async Task<string> AddressAsync(string path, HttpResponseMessage made, string name, string version)
    {
        var body = await AddonSite.ReadAsync(made, 201);
        return path == Charts ? $"{path}/{body.GetProperty("id").GetString()}" : $"{path}/{name}/versions/{version}";
    }
}

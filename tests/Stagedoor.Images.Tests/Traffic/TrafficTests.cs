using System.Net;
using System.Net.Http.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Traffic;

/// <summary>What the module refuses for how much comes, or when: each on the management API, the registry, packages and the older paths.</summary>
public sealed class TrafficTests
{
    // One operation of each surface that reads, and one that changes something.
    private static readonly string[] s_reads =
        ["/v2/manage/namespaces", "/v2/team/app/tags/list", "/dockyard/v2/namespaces", "/v2/domains/stagedoor/namespaces/team/repositories", "/swr/auth/v2/registry/auth?service=dockyard"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4031032", Status = 403)]
    [Provokes("SVCSTG.SWR.4031032", Status = 429)]
    public async Task Of_three_at_once_where_two_may_be_the_third_is_refused_whoever_it_is()
    {
        await using var images = await StartAsync(("Images:Traffic:MaxConcurrentRequests", "2"));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var first = await BeginSlowAsync(images, end.Token);
        using var second = await BeginSlowAsync(images, end.Token);

        // They have begun to send; when they have got their places, there is none left.
        await Eventually.TrueAsync("both are worked on", TimeSpan.FromSeconds(60), async () => (await images.App.Admin.GetAsync(s_reads[0], Cancellation)).StatusCode is HttpStatusCode.Forbidden);
        using var managed = await images.App.Admin.GetAsync(s_reads[0], Cancellation);
        var error = await managed.ShouldFailAsync(403, "SVCSTG.SWR.4031032");
        Assert.Contains("limit=2", error.Body, StringComparison.Ordinal);
        Assert.Equal("1", Assert.Single(managed.Headers.GetValues("Retry-After")));
        using var pulled = await images.Registry.GetAsync(s_reads[1], Cancellation);
        Assert.Contains("\"code\":\"TOOMANYREQUESTS\"", (await pulled.ShouldFailAsync(429, "SVCSTG.SWR.4031032")).Body, StringComparison.Ordinal);
        foreach (var path in s_reads.Skip(1))
        {
            // Where the module itself asks for credentials, it has not done so yet.
            using var stranger = await images.App.Anonymous.GetAsync(path, Cancellation);
            Assert.Equal("SVCSTG.SWR.4031032", (await ObservedError.FindAsync(stranger, Cancellation))!.Code);
        }

        using (var other = await images.App.Anonymous.GetAsync("/healthz", Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        }

        await end.CancelAsync();
        await Eventually.TrueAsync("the places are given back", TimeSpan.FromSeconds(60), async () => (await images.App.Admin.GetAsync(s_reads[0], Cancellation)).IsSuccessStatusCode);
        for (var i = 0; i < 10; i++)
        {
            // A place that an error keeps would be missed here.
            using var unknown = await images.App.Admin.GetAsync("/v2/manage/namespaces/nobody", Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4031033", Status = 403)]
    [Provokes("SVCSTG.SWR.4031033", Status = 405)]
    public async Task During_maintenance_everything_can_be_read_and_nothing_changed()
    {
        await using var images = await StartAsync();
        var manifest = await images.NewManifestAsync("team/app");
        using (var kept = await images.PutManifestAsync("team/app", "1", manifest))
        {
            await Installation.ShouldBeAsync(kept, 201);
        }

        await images.App.RestartAsync(("Images:Traffic:Maintenance", "true"));
        using var registry = images.App.Registry();
        foreach (var path in s_reads)
        {
            using var read = await (path.StartsWith("/v2/team", StringComparison.Ordinal) || path.StartsWith("/swr", StringComparison.Ordinal) ? registry : images.App.Admin).GetAsync(path, Cancellation);
            await Installation.ShouldBeAsync(read, 200);
        }

        using (var command = await images.App.Admin.PostAsync("/v2/manage/utils/secret", null, Cancellation))
        {
            await Installation.ShouldBeAsync(command, 200);
        }

        using (var created = await images.App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "more" }, Cancellation))
        {
            Assert.Contains("maintenance", (await created.ShouldFailAsync(403, "SVCSTG.SWR.4031033")).Body, StringComparison.Ordinal);
        }

        using (var deleted = await images.App.Admin.DeleteAsync("/v2/manage/namespaces/team/repos/app/tags/1", Cancellation))
        {
            await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4031033");
        }

        using (var package = await images.App.Admin.PostAsJsonAsync("/v2/domains/stagedoor/namespaces/team/repositories", new { name = "more" }, Cancellation))
        {
            await package.ShouldFailAsync(403, "SVCSTG.SWR.4031033");
        }

        using (var older = await images.App.Admin.PostAsJsonAsync("/dockyard/v2/namespaces", new { @namespace = "more" }, Cancellation))
        {
            await older.ShouldFailAsync(403, "SVCSTG.SWR.4031033");
        }

        using (var content = new ByteArrayContent(manifest) { Headers = { { "Content-Type", Installation.Manifest } } })
        using (var pushed = await registry.PutAsync("/v2/team/app/manifests/2", content, Cancellation))
        {
            Assert.Contains("\"code\":\"UNSUPPORTED\"", (await pushed.ShouldFailAsync(405, "SVCSTG.SWR.4031033")).Body, StringComparison.Ordinal);
            Assert.Equal(["GET", "HEAD"], pushed.Content.Headers.Allow.Order(StringComparer.Ordinal));
        }

        using (var begun = await registry.PostAsync("/v2/team/app/blobs/uploads/", null, Cancellation))
        {
            await begun.ShouldFailAsync(405, "SVCSTG.SWR.4031033");
        }

        using var pulled = await registry.GetAsync("/v2/team/app/manifests/1", Cancellation);
        Assert.Equal(manifest, await pulled.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4031042", Status = 403)]
    [Provokes("SVCSTG.SWR.4031042", Status = 429)]
    [Provokes("SVCSTG.SWR.4031033", Status = 403)]
    public async Task Who_goes_on_asking_faster_than_allowed_is_blocked_for_a_while_and_nobody_else_is()
    {
        await using var images = await StartAsync(
            ("Images:Traffic:RequestsPerSecondPerAccount", "2"), ("Images:Traffic:BlockAfterRefusals", "3"), ("Images:Traffic:BlockMinutes", "5"));
        images.Forget();

        // The registry and the management API count together.
        await Installation.ShouldBeAsync(await images.App.Admin.GetAsync(s_reads[0], Cancellation), 200);
        await Installation.ShouldBeAsync(await images.Registry.GetAsync("/v2/", Cancellation), 200);
        using (var over = await images.Registry.GetAsync("/v2/", Cancellation))
        {
            Assert.Contains("\"code\":\"TOOMANYREQUESTS\"", (await over.ShouldFailAsync(429, "SVCSTG.SWR.4031042")).Body, StringComparison.Ordinal);
        }

        // Who has waited goes on, whatever was refused before.
        images.App.Clock.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 2; i++)
        {
            await Installation.ShouldBeAsync(await images.App.Admin.GetAsync(s_reads[0], Cancellation), 200);
        }

        for (var i = 0; i < 2; i++)
        {
            using var over = await images.App.Admin.GetAsync(s_reads[0], Cancellation);
            await over.ShouldFailAsync(403, "SVCSTG.SWR.4031042");
        }

        // That was the third within a minute: waiting does not help until the block is over.
        images.App.Clock.Advance(TimeSpan.FromMinutes(4));
        using (var blocked = await images.App.Admin.GetAsync(s_reads[0], Cancellation))
        {
            Assert.Contains("blocked until", (await blocked.ShouldFailAsync(403, "SVCSTG.SWR.4031033")).Body, StringComparison.Ordinal);
            Assert.Equal("60", Assert.Single(blocked.Headers.GetValues("Retry-After")));
        }

        using (var pull = await images.Registry.GetAsync("/v2/", Cancellation))
        {
            Assert.Contains("\"code\":\"DENIED\"", (await pull.ShouldFailAsync(403, "SVCSTG.SWR.4031033")).Body, StringComparison.Ordinal);
        }

        using (var stranger = await images.App.Anonymous.GetAsync("/swr/auth/v2/registry/auth?service=dockyard", Cancellation))
        {
            await Installation.ShouldBeAsync(stranger, 200);
        }

        images.App.Clock.Advance(TimeSpan.FromSeconds(61));
        await Installation.ShouldBeAsync(await images.App.Admin.GetAsync(s_reads[0], Cancellation), 200);
    }

    private static async Task<Images> StartAsync(params (string Key, string Value)[] settings)
    {
        var images = new Images(settings);
        await images.InitializeAsync();
        return images;
    }

    private static async Task<IDisposable> BeginSlowAsync(Images images, CancellationToken end)
    {
        var location = await images.BeginUploadAsync("team/app");
        var client = images.App.Registry();
#pragma warning disable CA2000 // It is sent until the test ends.
        var content = new EndlessContent([1], end);
#pragma warning restore CA2000
        _ = client.PatchAsync(location, content, end);
        await content.Begun;
        return client;
    }

    private sealed class Images((string Key, string Value)[] settings) : Installation
    {
        protected override IEnumerable<(string Key, string Value)> Settings => settings;
    }
}

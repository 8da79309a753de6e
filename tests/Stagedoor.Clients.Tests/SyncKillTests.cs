using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Copies into real registries by a process that is killed in the middle of a layer.</summary>
public sealed class SyncKillTests
{
    private const int Chunk = 64 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_copy_to_docker_registry_outlives_a_kill_in_the_middle_of_a_layer()
    {
        await using var registry = new DockerRegistry();
        await registry.StartAsync();
        await CopyAndKillAsync(registry.Url, null);
    }

    [Fact]
    public async Task A_copy_to_another_installation_outlives_a_kill_in_the_middle_of_a_layer()
    {
        await using var target = await StagedoorProcess.StartNewAsync(("Modules", "images"));
        await CopyAndKillAsync(target.Url, target.FirstRun);
    }

    private static async Task CopyAndKillAsync(string url, Serve.FirstRun? login)
    {
        var layer = 24 * 1024 * 1024;
        await using var source = await StagedoorProcess.StartNewAsync(
            ("Modules", "images"),
            ("Images:Sync:Regions:there:Type", login is null ? "docker-registry" : "swr"),
            ("Images:Sync:Regions:there:Endpoint", url),
            ("Images:Sync:Regions:there:User", login?.RegistryUser ?? ""),
            ("Images:Sync:Regions:there:Password", login?.RegistryKey ?? ""),
            ("Images:Sync:ChunkBytes", $"{Chunk}"));
        using var here = new RegistryClient(source.Url, source.FirstRun.RegistryUser, source.FirstRun.RegistryKey);
        var image = TestImage.Opaque(layer);
        await here.PushAsync("team/copied", "1", image, BlobUpload.Monolithic);
        using (var admin = Admin(source))
        {
            using var asked = await admin.PostAsJsonAsync(
                "/v2/manage/namespaces/team/repos/copied/sync_images",
                new { remoteRegionId = "there", remoteNamespace = "backup", imageTag = (string[])["1"] },
                Cancellation);
            Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync(Cancellation));
            await Eventually.TrueAsync("a part of the layer", s_patience, async () => (await ShowAsync(admin)).Detail.Contains($" of {layer} bytes", StringComparison.Ordinal));
            Assert.Equal("running", (await ShowAsync(admin)).Status);
        }

        await source.KillAsync();
        await source.StartAsync();

        // The lease of the one that was killed has to end first.
        using var again = Admin(source);
        await Eventually.TrueAsync("the copy", s_patience, async () => (await ShowAsync(again)).Status is not ("running" or "waiting"));
        var (status, detail) = await ShowAsync(again);
        Assert.True(status is "success", detail);
        using var there = new RegistryClient(url, login?.RegistryUser ?? "nobody", login?.RegistryKey ?? "nothing");
        Assert.Equal(image.Digest, await there.VerifyAsync("backup/copied", "1"));
        if (login is not null)
        {
            // What was there already was not sent again.
            var sent = long.Parse(detail.Split(' ')[^2], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(sent, 1, layer - 1);
        }
    }

    private static OutgoingClient Admin(StagedoorProcess source) =>
        new OutgoingClient(new SigningHandler(source.FirstRun.AccessKey, source.FirstRun.SecretKey, TimeProvider.System) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(source.Url) };

    private static async Task<(string Status, string Detail)> ShowAsync(HttpClient admin)
    {
        var list = await admin.GetFromJsonAsync<JsonElement>("/v2/manage/namespaces/team/repos/copied/sync_job?filter=limit::1|offset::0", Cancellation);
        return (list[0].GetProperty("status").GetString()!, list[0].GetProperty("detail").GetString()!);
    }
}

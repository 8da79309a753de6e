using System.Text;
using System.Text.Json;
using Stagedoor.Images.Tests.Sync;
using Stagedoor.Images.Tests.Triggers;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Who is told of a tag that is put on an image that is there, and what is recorded of tags.</summary>
public sealed class RetagAnnouncementTests(RetagAnnouncementTests.Told images) : IClassFixture<RetagAnnouncementTests.Told>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("retag", "new")]
    [InlineData("move", "old")]
    public async Task Triggers_webhooks_and_rules_are_told_and_a_record_is_kept(string change, string tag)
    {
        var path = $"/v2/manage/namespaces/team/repos/{change}";
        await using var receiver = new Receiver();
        await images.PushImageAsync($"team/{change}", "old");
        var (digest, _) = await images.PushImageAsync($"team/{change}", "source");
        await images.CreateAsync(change, TriggerInstallation.Body("all", ("application", change)));
        await ShouldBeAsync(201, HttpMethod.Post, $"{path}/webhooks", $$"""{"url":"{{receiver.Url}}","events":["push","delete"]}""");
        await ShouldBeAsync(200, HttpMethod.Post, $"{path}/sync_repo", """{"remoteRegionId":"there","remoteNamespace":"backup","syncAuto":true,"override":true}""");

        await ShouldBeAsync(201, HttpMethod.Post, $"{path}/tags", $$"""{"source_tag":"source","destination_tag":"{{tag}}","override":{{(change is "move" ? "true" : "false")}}}""");

        await Eventually.TrueAsync("the workload", s_patience, () => images.Workloads.ImageOf($"default/{change}/web")?.EndsWith($"team/{change}:{tag}", StringComparison.Ordinal) is true);
        await Eventually.TrueAsync("the webhook", s_patience, () => !receiver.Received.IsEmpty);
        var data = JsonDocument.Parse(Assert.Single(receiver.Received).Body).RootElement.GetProperty("data");
        Assert.Equal(("push", tag, digest), (data.GetProperty("event").GetString(), Assert.Single(data.GetProperty("tags").EnumerateArray()).GetString(), data.GetProperty("digest").GetString()));
        Assert.Equal((tag, "success"), Assert.Single((await SyncPair.DoneAsync(images.App.Admin, change)).Select(static c => (c.Tag, c.Status))));
        Assert.Equal(digest, await SyncPair.DigestThereAsync(images.There, $"backup/{change}", tag));
        Assert.Contains("from source", Assert.Single(await RecordsAsync("createImageTag", $"team/{change}:{tag}")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_deleted_by_force_is_recorded_as_that()
    {
        await images.PushImageAsync("team/forced", "one");
        await images.PushImageAsync("team/forced", "two");
        await ShouldBeAsync(204, HttpMethod.Delete, "/v2/manage/namespaces/team/repos/forced/tags/one?force=true");
        await ShouldBeAsync(204, HttpMethod.Delete, "/v2/manage/namespaces/team/repos/forced/tags/two");

        Assert.Contains("force: deleted", Assert.Single(await RecordsAsync("deleteImageTag", "team/forced:one")), StringComparison.Ordinal);
        Assert.DoesNotContain("force: deleted", Assert.Single(await RecordsAsync("deleteImageTag", "team/forced:two")), StringComparison.Ordinal);
    }

    // What is said of each of these records.
    private async Task<IReadOnlyList<string>> RecordsAsync(string name, string resource)
    {
        IReadOnlyList<string> found = [];
        await Eventually.TrueAsync($"{name} of {resource}", s_patience, async () =>
        {
            var answer = JsonDocument.Parse(await images.App.Admin.GetStringAsync("/v3/audit/records?limit=200", Cancellation)).RootElement;
            found = [.. answer.GetProperty("traces").EnumerateArray().Select(static r => r.GetRawText()).Where(r => r.Contains($"\"{name}\"", StringComparison.Ordinal) && r.Contains($"\"{resource}\"", StringComparison.Ordinal))];
            return found.Count > 0;
        });
        return found;
    }

    private async Task ShouldBeAsync(int status, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await images.App.Admin.SendAsync(request, Cancellation);
        await Installation.ShouldBeAsync(response, status);
    }

    /// <summary>An installation with workloads, a region to copy to, and leave to call receivers on this machine.</summary>
    public sealed class Told : TriggerInstallation
    {
        private StagedoorApp _target = null!;

        /// <summary>The administrator of the region's registry.</summary>
        public HttpClient There { get; private set; } = null!;

        protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), .. SyncPair.RegionOf(_target)];

        public override async ValueTask InitializeAsync()
        {
            _target = await SyncPair.StartTargetAsync(new());
            There = _target.Registry();
            await base.InitializeAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            There.Dispose();
            await base.DisposeAsync();
            await _target.DisposeAsync();
        }
    }
}

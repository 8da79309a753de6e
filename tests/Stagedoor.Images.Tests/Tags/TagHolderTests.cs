using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Tags that are in use are not deleted, unless somebody insists.</summary>
public sealed class TagHolderTests(TagHolderTests.InUse images) : IClassFixture<TagHolderTests.InUse>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4090023")]
    public async Task A_tag_that_a_workload_or_an_add_on_names_is_kept_unless_forced()
    {
        var (digest, _) = await images.PushImageAsync("team/running", "v1");
        images.Workloads["default/web"] = "team/running:v1";
        images.Workloads["default/job"] = $"team/running@{digest}";

        using (var refused = await images.App.Admin.DeleteAsync($"{Repos}/running/tags/v1", Cancellation))
        {
            await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
            var body = await refused.Content.ReadAsStringAsync(Cancellation);
            Assert.Contains("workload default/web", body, StringComparison.Ordinal);
            Assert.Contains("workload default/job", body, StringComparison.Ordinal);
        }

        using (var odd = await images.App.Admin.DeleteAsync($"{Repos}/running/tags/v1?force=yes", Cancellation))
        {
            await odd.ShouldFailAsync(400, "SVCSTG.SWR.4001025");
        }

        using (var forced = await images.App.Admin.DeleteAsync($"{Repos}/running/tags/v1?force=true", Cancellation))
        {
            await Installation.ShouldBeAsync(forced, 204);
        }

        await images.PushImageAsync("team/running", "v2");
        using var free = await images.App.Admin.DeleteAsync($"{Repos}/running/tags/v2", Cancellation);
        await Installation.ShouldBeAsync(free, 204);
    }

    [Fact]
    public async Task A_tag_that_was_pulled_lately_is_kept()
    {
        await images.PushImageAsync("team/pulled", "v1");
        await images.PushImageAsync("team/pulled", "v2");
        using (var pulled = await images.Registry.GetAsync("/v2/team/pulled/manifests/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(pulled, 200);
        }

        using (var refused = await images.App.Admin.DeleteAsync($"{Repos}/pulled/tags/v1", Cancellation))
        {
            await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090023");
            Assert.Contains("ProtectPulledMinutes (90)", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        using (var free = await images.App.Admin.DeleteAsync($"{Repos}/pulled/tags/v2", Cancellation))
        {
            await Installation.ShouldBeAsync(free, 204);
        }

        // A note of a pull is exact to the hour, so that much longer it counts.
        images.App.Sabotage("images").Execute($"UPDATE manifest_pulls SET pulled_at = pulled_at - {151 * 60_000}");
        using var rested = await images.App.Admin.DeleteAsync($"{Repos}/pulled/tags/v1", Cancellation);
        await Installation.ShouldBeAsync(rested, 204);
    }

    [Fact]
    public async Task A_rule_passes_over_what_is_in_use_and_says_so()
    {
        foreach (var tag in (string[])["a", "b", "c"])
        {
            await images.PushImageAsync("team/spared", tag);
            images.Forget();
        }

        images.Workloads["default/old"] = "team/spared:a";
        const string Rule = """{"algorithm":"or","rules":[{"template":"tag_rule","params":{"num":1},"tag_selectors":[]}]}""";
        using (var dry = await PostAsync("spared/retentions?dry_run=true", Rule))
        {
            var preview = await dry.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            Assert.Equal("b", Assert.Single(preview.GetProperty("tags").EnumerateArray()).GetProperty("tag").GetString());
            var kept = Assert.Single(preview.GetProperty("kept").EnumerateArray());
            Assert.Equal(("a", "used by workload default/old"), (kept.GetProperty("tag").GetString(), kept.GetProperty("reason").GetString()));
        }

        using var created = await PostAsync("spared/retentions", Rule);
        await Installation.ShouldBeAsync(created, 201);
        await Eventually.TrueAsync("a and c are left", TimeSpan.FromSeconds(30), async () =>
        {
            var list = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/spared/tags?order_column=tag&order_type=asc", Cancellation);
            return list.EnumerateArray().Select(t => t.GetProperty("Tag").GetString()).SequenceEqual(["a", "c"]);
        });
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await images.App.Admin.PostAsync($"{Repos}/{path}", content, Cancellation);
    }

    /// <summary>An installation beside which workloads run.</summary>
    public sealed class InUse : Installation, IImageHolders
    {
        /// <summary>The workloads, each with the image that it names.</summary>
        public IDictionary<string, string> Workloads { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

        protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Deletion:ProtectPulledMinutes", "90")];

        public Task<IReadOnlyList<ImageHolder>> FindHoldersAsync(string repository, IReadOnlyCollection<TaggedImage> images, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ImageHolder>>(
            [
                .. from image in images
                   from workload in Workloads
                   where workload.Value == $"{repository}:{image.Tag}" || workload.Value == $"{repository}@{image.Digest}"
                   select new ImageHolder(image.Tag, "workload", workload.Key),
            ]);

        protected override void Configure(IServiceCollection services) => services.AddSingleton<IImageHolders>(this);
    }
}

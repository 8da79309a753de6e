using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Retention;

/// <summary>What happens to tags on one replica after a rule has judged them, and before it deletes them on any.</summary>
public sealed class RetentionRaceTests(RetentionRaceTests.Judging images) : IClassFixture<RetentionRaceTests.Judging>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("push a", "a c")]
    [InlineData("change", "a b c")]
    [InlineData("remove", "a b c")]
    [InlineData("delete b", "c")]
    public async Task A_rule_deletes_only_what_is_still_as_it_was_judged_and_only_while_it_stands(string change, string left)
    {
        images.Require();
        var name = "judged-" + change.Replace(' ', '-');
        byte[] last = [];
        foreach (var tag in (string[])["a", "b", "c"])
        {
            (_, last) = await images.PushImageAsync($"team/{name}", tag);
        }

        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        images.Do(async () => done.TrySetResult(await RunAsync(name, change, last)));
        using (var created = await SendAsync(HttpMethod.Post, $"{Repos}/{name}/retentions", Keep(1)))
        {
            await Installation.ShouldBeAsync(created, 201);
        }

        Assert.InRange(await done.Task.WaitAsync(s_patience, Cancellation), 200, 204);
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        await Eventually.TrueAsync("all jobs done", s_patience, async () => await db.FindAsync<long>("SELECT COUNT(*) FROM job WHERE kind = 'retention' AND finished_at IS NULL", null, Cancellation) == 0);

        var values = new { name };
        const string Repository = "(SELECT id FROM repositories WHERE name = @name)";
        Assert.Equal(left.Split(' '), await db.QueryAsync<string>($"SELECT name FROM tags WHERE repository_id = {Repository} AND deleted_at IS NULL ORDER BY name", values, Cancellation));
        Assert.Equal(left.Split(' ').Length, await db.FindAsync<long>("SELECT num_images FROM repositories WHERE name = @name", values, Cancellation));
        Assert.Equal(left.Split(' ').Length * 300, await db.FindAsync<long>("SELECT size FROM repositories WHERE name = @name", values, Cancellation));
        // What somebody else has deleted is not in the histories.
        Assert.Equal(change is "push a" ? ["b"] : change is "delete b" ? ["a"] : [], await db.QueryAsync<string>($"SELECT tag FROM retention_logs WHERE repository_id = {Repository}", values, Cancellation));
    }

    private async Task<int> RunAsync(string name, string change, byte[] manifest)
    {
        using var registry = images.Other.Registry(images.App.FirstRun.RegistryUser, images.App.FirstRun.RegistryKey);
        var id = change is "change" or "remove"
            ? (await images.Other.Admin.GetFromJsonAsync<JsonElement>($"{Repos}/{name}/retentions", Cancellation))[0].GetProperty("id").GetInt64() : 0;
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new(Installation.Manifest);
        using var response = change switch
        {
            "push a" => await registry.PutAsync($"/v2/team/{name}/manifests/a", content, Cancellation),
            "change" => await SendAsync(HttpMethod.Patch, $"{Repos}/{name}/retentions/{id}", Keep(1000)),
            "remove" => await SendAsync(HttpMethod.Delete, $"{Repos}/{name}/retentions/{id}", ""),
            _ => await registry.DeleteAsync($"/v2/team/{name}/manifests/b", Cancellation),
        };
        return Math.Min((int)response.StatusCode, response.IsSuccessStatusCode ? 204 : 599);
    }

    private static string Keep(int number) =>
        $$"""{"algorithm":"or","rules":[{"template":"tag_rule","params":{"num":{{number}}},"tag_selectors":[]}]}""";

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body.Length > 0)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await images.Other.Admin.SendAsync(request, Cancellation);
    }

    /// <summary>Two replicas in which something can be done just when it has been asked who uses the tags that go.</summary>
    public sealed class Judging : TwoReplicas, IImageHolders
    {
        private Func<Task>? _meanwhile;

        /// <summary>Has something done the next time, once.</summary>
        public void Do(Func<Task> meanwhile) => _meanwhile = meanwhile;

        public async Task<IReadOnlyList<ImageHolder>> FindHoldersAsync(string repository, IReadOnlyCollection<TaggedImage> images, CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _meanwhile, null) is { } act)
            {
                await act();
            }

            return [];
        }

        protected override void Configure(IServiceCollection services)
        {
            base.Configure(services);
            services.AddSingleton<IImageHolders>(this);
        }

        protected override void ConfigureOther(IServiceCollection services) => services.AddSingleton<IImageHolders>(this);
    }
}

using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Overview;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Overview;

public sealed class ReportTests : IAsyncLifetime
{
    private readonly Installation _images = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _images.InitializeAsync();

    public ValueTask DisposeAsync() => _images.DisposeAsync();

    [Fact]
    public async Task Traffic_is_reported_for_thirty_days_and_summed_for_ever()
    {
        var digest = await _images.PushBlobAsync("team/reported", Installation.Random(1000));
        await PullAsync(digest, 2);
        _images.App.Clock.Advance(TimeSpan.FromDays(2));
        await PullAsync(await _images.PushBlobAsync("team/reported", Installation.Random(500)), 1);

        var days = await ReadAsync("downflow");

        Assert.Equal(30, days.Count);
        Assert.Equal(days.Select(static d => d.Date).Order(StringComparer.Ordinal), days.Select(static d => d.Date));
        Assert.Equal(_images.App.Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), days[^1].Date);
        Assert.Equal([2000, 0, 500], days.TakeLast(3).Select(static d => d.Bytes));
        Assert.All(days.SkipLast(3), static d => Assert.Equal(0, d.Bytes));

        _images.App.Clock.Advance(TimeSpan.FromDays(31));
        await _images.App.Services.GetRequiredService<OverviewStore>().SampleAsync(OverviewStore.DayOf(_images.App.Clock.GetUtcNow()), Cancellation);
        Assert.All(await ReadAsync("downflow"), static d => Assert.Equal(0, d.Bytes));
        Assert.Equal(1, _images.App.Sabotage("images").Count("account_traffic"));
        var overview = await _images.App.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/overview", Cancellation);
        Assert.Equal(2500, Math.Round(overview.GetProperty("downflow_size").GetDouble() * (1L << 30)));
    }

    [Fact]
    public async Task Sizes_are_those_of_the_last_look_of_each_day()
    {
        Assert.Empty(await ReadAsync("store"));
        var (digest, first) = await _images.PushImageAsync("team/sized", "v1");
        await LookAsync();
        Assert.Equal(300 + first.Length, Assert.Single(await ReadAsync("store")).Bytes);
        var (_, second) = await _images.PushImageAsync("team/sized", "v2");
        await LookAsync();
        _images.App.Clock.Advance(TimeSpan.FromDays(1));
        using (var deleted = await _images.Registry.DeleteAsync($"/v2/team/sized/manifests/{digest}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 202);
        }

        await LookAsync();
        Assert.Equal([600 + first.Length + second.Length, 300 + second.Length], (await ReadAsync("store")).TakeLast(2).Select(static d => d.Bytes));

        async Task LookAsync() =>
            await _images.App.Services.GetRequiredService<OverviewStore>().SampleAsync(OverviewStore.DayOf(_images.App.Clock.GetUtcNow()), Cancellation);
    }

    [Fact]
    public async Task An_hour_does_not_pass_without_a_look()
    {
        var (_, manifest) = await _images.PushImageAsync("team/looked", "v1");
        _images.App.Clock.Advance(TimeSpan.FromHours(1.1));

        await Eventually.TrueAsync("the sample", TimeSpan.FromSeconds(30), async () => (await ReadAsync("store")) is [.., { Bytes: var bytes }] && bytes == 300 + manifest.Length);
    }

    [Theory]
    [InlineData("downflow/hourly")]
    [InlineData("upflow/daily")]
    [InlineData("store/")]
    public async Task There_is_no_other_report(string path)
    {
        using var response = await _images.App.Admin.GetAsync($"/v2/manage/reports/{path}", Cancellation);

        await response.ShouldFailAsync(path.EndsWith('/') ? 404 : 400, path.EndsWith('/') ? "SVCSTG.SWR.4040083" : "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task What_cannot_be_written_is_counted_the_next_time()
    {
        var digest = await _images.PushBlobAsync("team/kept", Installation.Random(700));
        using (_images.App.Sabotage("images").RefuseInsert("account_traffic"))
        {
            await PullAsync(digest, 1);
            Assert.Equal(0, (await ReadAsync("downflow"))[^1].Bytes);
        }

        await PullAsync(digest, 1);
        Assert.Equal(1400, (await ReadAsync("downflow"))[^1].Bytes);
    }

    [Fact]
    public async Task Two_replicas_add_up_what_they_sent_and_one_agency_is_made()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var content = Installation.Random(1000);
        using (var pushed = await TwoHosts.PushAsync(hosts.First, "team/shared", content))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        foreach (var client in new[] { hosts.First, hosts.Second })
        {
            await client.GetByteArrayAsync($"/v2/team/shared/blobs/{Installation.DigestOf(content)}", Cancellation);
        }

        await Task.WhenAll(new[] { hosts.FirstApp, hosts.SecondApp }.Select(static a => a.Services.GetRequiredService<TrafficCounter>().FlushAsync(Cancellation)));
        await Task.WhenAll(new[] { hosts.FirstApp, hosts.SecondApp }.Select(static a =>
            a.Services.GetRequiredService<OverviewStore>().SampleAsync(OverviewStore.DayOf(a.Clock.GetUtcNow()), Cancellation)));
        var overview = await hosts.FirstApp.Admin.GetFromJsonAsync<JsonElement>("/v2/manage/overview", Cancellation);
        Assert.Equal(2000, Math.Round(overview.GetProperty("downflow_size").GetDouble() * (1L << 30)));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? hosts.FirstApp.Admin : hosts.SecondApp.Admin).PostAsync("/v2/manage/agency", null, Cancellation)));
        Assert.Equal(1, answers.Count(static a => (int)a.StatusCode == 204));
        Assert.Equal(5, answers.Count(static a => (int)a.StatusCode == 409));
        Array.ForEach(answers, static a => a.Dispose());
    }

    private async Task PullAsync(string digest, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _images.Registry.GetByteArrayAsync($"/v2/team/{await NameOfAsync(digest)}/blobs/{digest}", Cancellation);
        }

        await _images.App.Services.GetRequiredService<TrafficCounter>().FlushAsync(Cancellation);
    }

    private async Task<string> NameOfAsync(string digest) => (await _images.App.Services.GetRequiredService<ImagesDb>().FindAsync<string>(
        "SELECT r.name FROM blob_links l JOIN repositories r ON r.id = l.repository_id WHERE l.digest = @digest", new { digest }, Cancellation))!;

    private async Task<IReadOnlyList<(string Date, long Bytes)>> ReadAsync(string type)
    {
        using var response = await _images.App.Admin.GetAsync($"/v2/manage/reports/{type}/daily", Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        return
        [
            .. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).EnumerateArray().Select(static d =>
                (d.GetProperty("date").GetString()!, (long)Math.Round(d.GetProperty("value").GetDouble() * (1L << 30)))),
        ];
    }
}

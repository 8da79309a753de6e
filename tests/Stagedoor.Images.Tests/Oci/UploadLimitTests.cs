using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class UploadLimitTests(FewUploads images) : IClassFixture<FewUploads>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4031042", Status = 429)]
    public async Task A_user_has_so_many_open_uploads_in_a_repository_and_no_more()
    {
        var locations = new List<string>();
        for (var i = 0; i < FewUploads.Limit; i++)
        {
            locations.Add(await images.BeginUploadAsync("team/many"));
        }

        using var refused = await BeginAsync("team/many");
        var error = await refused.ShouldFailAsync(429, "SVCSTG.SWR.4031042");
        Assert.Contains("\"code\":\"TOOMANYREQUESTS\"", error.Body, StringComparison.Ordinal);
        await images.BeginUploadAsync("team/other");
        await images.PushBlobAsync("team/many", [1]);

        using var cancelled = await images.Registry.DeleteAsync(locations[0], Cancellation);
        await Installation.ShouldBeAsync(cancelled, 204);
        await images.BeginUploadAsync("team/many");
    }

    [Fact]
    public async Task Another_user_has_as_many()
    {
        var user = await images.AddUserAsync("second-uploader");
        user.Signed.Dispose();
        images.GrantOnOrganization("team", user.Id, 3);
        using var login = images.App.Registry(user.User, user.Key);
        for (var i = 0; i < FewUploads.Limit; i++)
        {
            await images.BeginUploadAsync("team/shared");
        }

        using var begun = await login.PostAsync("/v2/team/shared/blobs/uploads/", null, Cancellation);

        await Installation.ShouldBeAsync(begun, 202);
    }

    [Fact]
    public async Task Ten_times_as_many_leave_no_more_than_that()
    {
        var before = Staged();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10 * FewUploads.Limit).Select(_ => BeginAsync("team/flood")));

        Assert.Equal(FewUploads.Limit, answers.Count(a => (int)a.StatusCode == 202));
        Assert.All(answers, a => Assert.Contains((int)a.StatusCode, (int[])[202, 429]));
        Assert.Equal(before + FewUploads.Limit, Staged());
        Array.ForEach(answers, a => a.Dispose());
    }

    [Fact]
    public async Task Two_replicas_count_together()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false, ("Images:MaxOpenUploads", $"{FewUploads.Limit}"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4 * FewUploads.Limit).Select(
            i => (i % 2 == 0 ? hosts.First : hosts.Second).PostAsync("/v2/team/both/blobs/uploads/", null, Cancellation)));

        Assert.Equal(FewUploads.Limit, answers.Count(a => (int)a.StatusCode == 202));
        Array.ForEach(answers, a => a.Dispose());
    }

    private Task<HttpResponseMessage> BeginAsync(string name) => images.Registry.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation);

    private int Staged() => Directory.EnumerateFiles(Path.Combine(images.App.DataDirectory, "blobs", "uploads")).Count();
}

/// <summary>One user may have five unfinished uploads in a repository.</summary>
public sealed class FewUploads : Installation
{
    public const int Limit = 5;

    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:MaxOpenUploads", $"{Limit}")];
}

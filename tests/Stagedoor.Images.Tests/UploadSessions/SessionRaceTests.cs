using System.Net.Http.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>Two requests at once for one session, in one process and in two replicas on files and on S3.</summary>
public sealed class SessionRaceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Of_two_pieces_at_once_one_counts(bool two, bool s3)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3);
        using var other = Other(hosts);
        var (first, second) = (new SessionClient(hosts.FirstApp.Admin), new SessionClient(other));
        var archive = new SavedImage("team/raced:v1").ToArray();
        var id = await first.BeginImageAsync();
        await first.AppendedAsync(id, archive[..100], 0);

        using var held = hosts.Gate.HoldNext(BlobStep.Append);
        var slow = first.AppendAsync(id, archive[100..], 100);
        await held.ReachedAsync();
        await RefuseAsync(second.AppendAsync(id, archive[100..], 100), 409, "4090023");
        await RefuseAsync(second.DeleteAsync(id), 409, "4090023");
        held.Release();
        using (var appended = await slow)
        {
            await Installation.ShouldBeAsync(appended, 200);
        }

        // What comes later in another process goes on from there.
        await RefuseAsync(second.AppendAsync(id, archive[100..], 100), 400, "4000014");
        await second.FinishedAsync(id);
        await first.DropAsync(id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_many_that_begin_at_once_one_has_a_session(bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        using var other = Other(hosts);
        object image = new { type = "image", @namespace = "team", file_name = "image.tar" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => new SessionClient(i % 2 == 0 ? hosts.FirstApp.Admin : other).TryBeginAsync(image)));

        Assert.Equal(1, answers.Count(a => (int)a.StatusCode == 201));
        Assert.Equal(7, answers.Count(a => (int)a.StatusCode == 409));
        Array.ForEach(answers, a => a.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_and_a_deletion_at_once_leave_all_or_nothing(bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        using var other = Other(hosts);
        var (first, second) = (new SessionClient(hosts.FirstApp.Admin), new SessionClient(other));
        for (var round = 0; round < 4; round++)
        {
            var id = await first.BeginImageAsync();
            await first.AppendedAsync(id, new SavedImage($"team/both-{round}:v1").ToArray(), 0);
            var ended = await Task.WhenAll(first.FinishAsync(id), second.DeleteAsync(id));
            Assert.Equal(204, (int)ended[1].StatusCode);
            Assert.Contains((int)ended[0].StatusCode, (int[])[200, 404]);
            Array.ForEach(ended, e => e.Dispose());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_who_upload_the_same_archive_both_store_it(bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        using var other = Other(hosts);
        var archive = new SavedImage("team/same:v1", "team/same:v2").ToArray();

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => UploadAsync(i % 2 == 0 ? hosts.FirstApp.Admin : other, archive)));

        foreach (var answer in answers)
        {
            await Installation.ShouldBeAsync(answer, 201);
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_and_the_deletion_of_its_organization_leave_all_or_nothing(bool two)
    {
        await using var hosts = await TwoHosts.StartAsync(two, s3: false);
        using var other = Other(hosts);
        for (var round = 0; round < 4; round++)
        {
            var name = $"ending-{round}";
            using (var made = await hosts.FirstApp.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = name }, Cancellation))
            {
                await Installation.ShouldBeAsync(made, 201);
            }

            var uploading = UploadAsync(hosts.FirstApp.Admin, new SavedImage($"{name}/app:v1").ToArray(), name);
            using var deleted = await other.DeleteAsync($"/v2/manage/namespaces/{name}", Cancellation);
            using var uploaded = await uploading;
            Assert.Contains(((int)uploaded.StatusCode, (int)deleted.StatusCode), ((int, int)[])[(201, 406), (404, 204)]);
        }
    }

    private static HttpClient Other(TwoHosts hosts) =>
        hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient client, byte[] archive, string organization = "team")
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(archive), "file", "image.tar" } };
        return await client.PostAsync($"/v2/manage/namespaces/{organization}/images", form, Cancellation);
    }

    private static async Task RefuseAsync(Task<HttpResponseMessage> doing, int status, string code)
    {
        using var response = await doing;
        await response.ShouldFailAsync(status, "SVCSTG.SWR." + code);
    }
}

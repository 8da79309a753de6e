using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A client that sends a request again after it failed, or asks where it stands, gets through or is told to start over.</summary>
public sealed class UploadRetryTests : IAsyncLifetime
{
    private readonly BlobGate _gate = new();
    private StagedoorApp _app = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<BlobStep, bool> Steps { get; } =
    [
        .. from step in (BlobStep[])[BlobStep.Create, BlobStep.Open, BlobStep.Append, BlobStep.Save, BlobStep.Holds, BlobStep.Size, BlobStep.Commit]
           from isDone in (bool[])[false, true]
           select (step, isDone),
    ];

    public async ValueTask InitializeAsync()
    {
        _app = await StagedoorApp.StartAsync(
            services => _gate.Install(services),
            ("Modules", "images"),
            ("Gateway:PasswordIterations", "10000"),
            ("Gateway:RequestsPerSecond", "0"),
            ("Images:AutoCreateOrganization", "true"));
        _client = _app.Registry();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_push_gets_through_when_the_store_is_away_at_a_step(BlobStep step, bool isDone)
    {
        var content = Installation.Random(300_000);

        _gate.FailNext(step, isDone);

        await PushAsync("away/app", content);
    }

    [Theory]
    [InlineData("INSERT", "blob_uploads")]
    [InlineData("UPDATE", "blob_uploads")]
    [InlineData("DELETE", "blob_uploads")]
    [InlineData("INSERT", "upload_owners")]
    [InlineData("INSERT", "blobs")]
    [InlineData("INSERT", "blob_links")]
    public async Task A_push_gets_through_when_the_database_was_away(string operation, string table)
    {
        var content = Installation.Random(300_000);
        await PushAsync("mended/app", [1]);
        var sabotage = _app.Sabotage("images");
        var fault = operation switch { "INSERT" => sabotage.RefuseInsert(table), "UPDATE" => sabotage.RefuseUpdate(table), _ => sabotage.RefuseDelete(table) };

        await PushAsync("mended/app", content, fault.Dispose);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task An_end_that_could_not_be_recorded_is_sent_again(int last)
    {
        var content = Installation.Random(200_000);
        var digest = Installation.DigestOf(content);
        var location = await BeginAsync("again/app");
        using var patched = await TwoHosts.AppendAsync(_client, location, content[..^last]);
        await Installation.ShouldBeAsync(patched, 202);
        using (_app.Sabotage("images").RefuseInsert("blobs"))
        {
            using var failed = await TwoHosts.FinishAsync(_client, location, digest, content[^last..]);
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5001055");
        }

        await _app.RestartAsync();
        using var client = _app.Registry();
        using var again = await TwoHosts.FinishAsync(client, location, digest, content[^last..]);
        await Installation.ShouldBeAsync(again, 201);
        using var oncemore = await TwoHosts.FinishAsync(client, location, digest, content[^last..]);
        await Installation.ShouldBeAsync(oncemore, 201);
        Assert.Equal(content, await client.GetByteArrayAsync($"/v2/again/app/blobs/{digest}", Cancellation));
    }

    [Fact]
    public async Task An_end_that_failed_before_the_bytes_were_published_is_sent_again_with_its_body()
    {
        var content = Installation.Random(200_000);
        var digest = Installation.DigestOf(content);
        var location = await BeginAsync("twice/app");
        using var patched = await TwoHosts.AppendAsync(_client, location, content[..50_000]);
        await Installation.ShouldBeAsync(patched, 202);
        _gate.FailNext(BlobStep.Commit);
        using var failed = await TwoHosts.FinishAsync(_client, location, digest, content[50_000..]);
        await failed.ShouldFailAsync(500, "SVCSTG.SWR.5001055");

        using var again = await TwoHosts.FinishAsync(_client, location, digest, content[50_000..]);

        await Installation.ShouldBeAsync(again, 201);
        Assert.Equal(content, await _client.GetByteArrayAsync($"/v2/twice/app/blobs/{digest}", Cancellation));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("PATCH", "")]
    [InlineData("PUT", "?digest=")]
    public async Task An_upload_whose_bytes_are_gone_is_unknown(string method, string query)
    {
        var content = Installation.Random(100);
        var location = await BeginAsync("gone/app");
        using var patched = await TwoHosts.AppendAsync(_client, location, content);
        await Installation.ShouldBeAsync(patched, 202);
        File.Delete(Directory.EnumerateFiles(_app.DataDirectory, $"*{location.Split('/')[^1]}*", SearchOption.AllDirectories).Single());

        using var request = new HttpRequestMessage(new HttpMethod(method), location + (query.Length > 0 ? query + Installation.DigestOf(content) : ""));
        using var response = await _client.SendAsync(request, Cancellation);

        var error = await response.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
        Assert.Contains("\"code\":\"BLOB_UPLOAD_UNKNOWN\"", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_whose_bytes_are_gone_brings_nothing_that_others_have()
    {
        var secret = Installation.Random(100);
        await PushAsync("theirs/app", secret);
        var location = await BeginAsync("mine/app");
        File.Delete(Directory.EnumerateFiles(_app.DataDirectory, $"*{location.Split('/')[^1]}*", SearchOption.AllDirectories).Single());

        using var finished = await TwoHosts.FinishAsync(_client, location, Installation.DigestOf(secret));

        await finished.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
        using var pulled = await _client.GetAsync($"/v2/mine/app/blobs/{Installation.DigestOf(secret)}", Cancellation);
        await Installation.ShouldBeAsync(pulled, 404);
    }

    [Fact]
    public async Task Other_bytes_under_the_digest_are_not_taken_for_the_upload()
    {
        var content = Installation.Random(100);
        var digest = Installation.DigestOf(content);
        var location = await BeginAsync("foreign/app");
        using var patched = await TwoHosts.AppendAsync(_client, location, content);
        var staged = Directory.EnumerateFiles(_app.DataDirectory, $"*{location.Split('/')[^1]}*", SearchOption.AllDirectories).Single();
        var stored = Path.Combine(_app.DataDirectory, "blobs", "images", "sha256", digest[7..9], digest[7..]);
        Directory.CreateDirectory(Path.GetDirectoryName(stored)!);
        File.Delete(staged);
        await File.WriteAllBytesAsync(stored, Installation.Random(100), Cancellation);

        using var finished = await TwoHosts.FinishAsync(_client, location, digest);

        await finished.ShouldFailAsync(404, "SVCSTG.SWR.4040043");
    }

    private async Task<string> BeginAsync(string name)
    {
        using var begun = await _client.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        return begun.Headers.Location!.OriginalString;
    }

    // Pushes as a careful client does: what failed is sent again, a chunk from where the server says; what is refused begins anew.
    private async Task PushAsync(string name, byte[] content, Action? afterFailure = null)
    {
        var digest = Installation.DigestOf(content);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var begun = await RetryAsync(() => _client.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation));
            await Installation.ShouldBeAsync(begun, 202);
            var location = begun.Headers.Location!.OriginalString;
            if (!await AppendAsync(location, content))
            {
                continue;
            }

            using var finished = await RetryAsync(() => TwoHosts.FinishAsync(_client, location, digest));
            if ((int)finished.StatusCode == 201)
            {
                Assert.Equal(content, await _client.GetByteArrayAsync($"/v2/{name}/blobs/{digest}", Cancellation));
                return;
            }

            Assert.InRange((int)finished.StatusCode, 400, 499);
        }

        Assert.Fail("Three pushes came to nothing.");

        async Task<HttpResponseMessage> RetryAsync(Func<Task<HttpResponseMessage>> send)
        {
            var answer = await send();
            if ((int)answer.StatusCode < 500)
            {
                return answer;
            }

            answer.Dispose();
            afterFailure?.Invoke();
            return await send();
        }

        async Task<bool> AppendAsync(string location, byte[] bytes)
        {
            using var patched = await TwoHosts.AppendAsync(_client, location, bytes);
            if ((int)patched.StatusCode == 202)
            {
                return true;
            }

            afterFailure?.Invoke();
            using var status = await RetryAsync(() => _client.GetAsync(location, Cancellation));
            if ((int)status.StatusCode != 204)
            {
                Assert.Equal(404, (int)status.StatusCode);
                return false;
            }

            var range = status.Headers.GetValues("Range").Single();
            var received = range is "0-0" ? 0 : int.Parse(range.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) + 1;
            using var rest = await TwoHosts.AppendAsync(_client, location, bytes[received..]);
            return (int)rest.StatusCode == 202;
        }
    }
}

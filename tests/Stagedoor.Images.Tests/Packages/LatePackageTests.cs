using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Files whose bytes come late, or whose store fails while they come.</summary>
public sealed class LatePackageTests : PackageInstallation
{
    private readonly BlobGate _gate = new();

    private string Uploads => Path.Combine(App.DataDirectory, "blobs", "uploads");

    [Theory]
    [InlineData("grant", 403, "4037017")]
    [InlineData("key", 401, "4010000")]
    [InlineData("version", 404, "4040004")]
    public async Task What_was_taken_away_while_the_file_was_sent_is_missed_at_its_end(string taken, int status, string code)
    {
        var version = await CreateAsync("late");
        var user = await AddUserAsync("late-user");
        GrantOnOrganization("team", user.Id, 3);
        using var login = App.Registry(user.User, user.Key);
        using var content = new LateContent();
#pragma warning disable CA2025 // It is awaited below, before they are disposed of.
        var sending = login.PutAsync($"{version}/file_paths/a.jar", content, Cancellation);
#pragma warning restore CA2025
        await Eventually.TrueAsync("the file is on its way", TimeSpan.FromSeconds(30), () => Directory.Exists(Uploads) && Directory.EnumerateFiles(Uploads).Any());
        switch (taken)
        {
            case "grant":
                App.Sabotage("images").Execute($"DELETE FROM org_acl WHERE user_id = '{user.Id}'");
                break;
            case "key":
                var key = user.User[(user.User.LastIndexOf('@') + 1)..];
                await DoAsync(HttpMethod.Delete, $"/v3.0/OS-CREDENTIAL/credentials/{key}", status: 204);
                break;
            default:
                await DoAsync(HttpMethod.Delete, version, status: 204);
                break;
        }

        Forget();
        content.Release();

        using var response = await sending;
        await response.ShouldFailAsync(status, $"SVCSTG.SWR.{code}");
        Assert.Equal(0, App.Sabotage("images").Count("package_files"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Uploads));
    }

    [Theory]
    [InlineData("If-None-Match", "*", false)]
    [InlineData("If-Match", "old", true)]
    public async Task What_the_sender_says_must_hold_is_looked_at_again_at_the_end(string header, string value, bool isThere)
    {
        var version = await CreateAsync("conditional");
        var (old, between) = (Random(100), Random(200));
        if (isThere)
        {
            await UploadAsync(version, "a.jar", old);
        }

        using var content = new LateContent();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{version}/file_paths/a.jar") { Content = content };
        request.Headers.TryAddWithoutValidation(header, value is "old" ? $"\"{DigestOf(old)[7..]}\"" : value);
#pragma warning disable CA2025 // It is awaited below, before they are disposed of.
        var sending = Registry.SendAsync(request, Cancellation);
#pragma warning restore CA2025
        await Eventually.TrueAsync("the file is on its way", TimeSpan.FromSeconds(30), () => Directory.Exists(Uploads) && Directory.EnumerateFiles(Uploads).Any());
        await UploadAsync(version, "a.jar", between);
        content.Release();

        using var response = await sending;
        await response.ShouldFailAsync(412, "SVCSTG.SWR.4000014");
        Assert.Equal(between, await App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    }

    [Theory]
    [InlineData(BlobStep.Create, false, 507)]
    [InlineData(BlobStep.Append, false, 507)]
    [InlineData(BlobStep.Append, true, 507)]
    [InlineData(BlobStep.Commit, false, 507)]
    [InlineData(BlobStep.Commit, true, 507)]
    public async Task A_store_that_goes_away_in_the_middle_leaves_the_old_file(BlobStep step, bool isDone, int status)
    {
        var version = await CreateAsync("gate");
        var (old, content) = (Random(100), Random(200));
        await UploadAsync(version, "a.jar", old);
        _gate.FailNext(step, isDone);
        using (var failed = await PutAsync(App.Admin, version, "a.jar", content))
        {
            Assert.Equal(status, (int)failed.StatusCode);
        }

        Assert.Equal(old, await App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
        await UploadAsync(version, "a.jar", content);
        Assert.Equal(content, await App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    }

    protected override void Configure(IServiceCollection services) => _gate.Install(services);

    // Sends its first bytes at once and its last when it is told to.
    private sealed class LateContent : HttpContent
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _released.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[100_000], Cancellation);
            await stream.FlushAsync(Cancellation);
            await _released.Task;
            await stream.WriteAsync(new byte[100], Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 100_100;
            return true;
        }
    }
}

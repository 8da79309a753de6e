using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary>Nothing is removed because a record is absent, unless the keeper of the records is known to be the right one and whole.</summary>
public sealed class KeeperTests : Installation
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(61);

    private Collector Collector => App.Services.GetRequiredService<Collector>();

    private string Store => Path.Combine(App.DataDirectory, "blobs");

    [Fact]
    public async Task Bytes_without_a_row_are_set_aside_and_removed_a_week_later()
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        LoseRow(digest);

        Assert.Equal(0, (await CollectAsync()).Aside);
        App.Clock.Turn(TimeSpan.FromMinutes(59));
        Assert.Equal(0, (await CollectAsync()).Aside);
        Assert.Equal("images", Place(digest));
        App.Clock.Turn(TimeSpan.FromMinutes(2));
        Assert.Equal(1, (await CollectAsync()).Aside);

        Assert.Equal("aside", Place(digest));
        App.Clock.Turn(TimeSpan.FromDays(7));
        Assert.Equal(0, (await CollectAsync()).Expired);
        Assert.Equal("aside", Place(digest));
        App.Clock.Turn(TimeSpan.FromDays(1));
        Assert.Equal(1, (await CollectAsync()).Expired);
        Assert.Null(Place(digest));
    }

    [Fact]
    public async Task Bytes_that_were_written_anew_are_young_again()
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        LoseRow(digest);
        await CollectAsync();
        App.Clock.Turn(s_lease);
        File.SetLastWriteTimeUtc(FileOf(digest)!, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));

        Assert.Equal(0, (await CollectAsync()).Aside);

        App.Clock.Turn(s_lease);
        Assert.Equal(1, (await CollectAsync()).Aside);
    }

    [Fact]
    public async Task What_is_aside_can_be_pushed_again()
    {
        var content = Random(10);
        var digest = await PushBlobAsync("team/x", content);
        LoseRow(digest);
        await RipenAsync();
        Assert.Equal(1, (await CollectAsync()).Aside);

        await PushBlobAsync("team/x", content);

        Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/x/blobs/{digest}", Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_setting_aside_that_did_not_end_is_finished(bool isMoved)
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        LoseRow(digest);
        App.Sabotage("images").Execute(
            $"INSERT INTO blobs (digest, size, corrupt, removing, leased_until, verified_at, created_at) VALUES ('{digest}', 10, 0, 2, 0, 0, 0)");
        if (isMoved)
        {
            Directory.CreateDirectory(Path.Combine(Store, "aside/2026-01-01"));
            File.Move(FileOf(digest)!, Path.Combine(Store, "aside/2026-01-01", "moved"));
        }

        Assert.Equal(isMoved ? 0 : 1, (await CollectAsync()).Aside);

        Assert.Equal(isMoved ? null : "aside", Place(digest));
        await PushBlobAsync("team/x", Random(10));
    }

    [Theory]
    [InlineData(10, 0, true)]
    [InlineData(11, 0, false)]
    [InlineData(11, 209, true)]
    [InlineData(11, 208, false)]
    public async Task More_than_a_few_are_left_alone(int lost, int known, bool goes)
    {
        var digests = Enumerable.Range(0, lost + known).Select(i => Put($"{i}")).ToList();
        foreach (var digest in digests.Skip(lost))
        {
            App.Sabotage("images").Execute(
                $"INSERT INTO blobs (digest, size, leased_until, verified_at, created_at) VALUES ('{digest}', 1, {long.MaxValue}, 0, 0)");
        }

        await RipenAsync();
        var collected = await CollectAsync();

        Assert.Equal(goes ? lost : 0, collected.Aside);
        Assert.All(digests, d => Assert.Equal(goes && digests.IndexOf(d) < lost ? "aside" : "images", Place(d)));
        Assert.Equal(goes, collected.Objection is null);
        await ShouldSayAsync(goes ? null : $"{lost} of the {lost + known} objects in the blob store have no row", goes ? 0 : lost);
    }

    [Fact]
    public async Task An_emptied_database_removes_nothing()
    {
        var digests = Enumerable.Range(0, 12).Select(i => Put($"{i}")).ToList();
        var location = await BeginUploadAsync("team/x");
        using var patched = await PatchAsync(location, Random(10));
        App.Sabotage("images").Execute("DELETE FROM blobs; DELETE FROM blob_links; DELETE FROM blob_refs; DELETE FROM blob_uploads; DELETE FROM manifests; DELETE FROM tags");
        await RipenAsync();

        Assert.NotNull((await CollectAsync()).Objection);

        Assert.All(digests, d => Assert.Equal("images", Place(d)));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(Store, "uploads"), "images-*"));
    }

    [Fact]
    public async Task An_older_database_removes_nothing()
    {
        await PushImageAsync("team/x", "before");
        await CollectAsync();
        var backup = Path.Combine(App.DataDirectory, "backup.db");
        App.Sabotage("images").Execute($"VACUUM INTO '{backup}'");
        await PushImageAsync("team/x", "after");
        var unused = await PushBlobAsync("team/x", Random(10));
        await CollectAsync();
        var before = Files();

        await App.RestartAsync(() =>
        {
            File.Delete(Path.Combine(App.DataDirectory, "images.db-wal"));
            File.Move(backup, Path.Combine(App.DataDirectory, "images.db"), overwrite: true);
        });
        App.Clock.Turn(TimeSpan.FromDays(400));
        var first = await CollectAsync();
        App.Clock.Turn(TimeSpan.FromDays(400));
        await CollectAsync();

        Assert.Contains("is older than the blob store", first.Objection, StringComparison.Ordinal);
        Assert.Equal(before, Files());
        Assert.Equal("images", Place(unused));
        await ShouldSayAsync("is older than the blob store", 0);
    }

    [Fact]
    public async Task An_older_store_removes_nothing()
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        await CollectAsync();
        var mark = await File.ReadAllTextAsync(Path.Combine(Store, "installation.json"), Cancellation);
        await CollectAsync();
        await CollectAsync();
        await File.WriteAllTextAsync(Path.Combine(Store, "installation.json"), mark, Cancellation);
        App.Clock.Turn(TimeSpan.FromDays(400));

        Assert.Contains("is older than the database", (await CollectAsync()).Objection, StringComparison.Ordinal);
        Assert.Equal("images", Place(digest));
    }

    [Theory]
    [InlineData("UPDATE installation SET id = 'other'", "another installation")]
    [InlineData("DELETE FROM installation", "bears no mark")]
    [InlineData("DROP TABLE installation", "bears no mark")]
    public async Task A_foreign_database_removes_nothing(string sabotage, string saying)
    {
        var (orphan, unused, location) = (await PushBlobAsync("team/x", Random(10)), await PushBlobAsync("team/x", Random(10)), await BeginUploadAsync("team/x"));
        LoseRow(orphan);
        await RipenAsync();
        App.Sabotage("images").Execute(sabotage);
        App.Clock.Turn(TimeSpan.FromDays(400));

        Assert.Contains(saying, (await CollectAsync()).Objection, StringComparison.Ordinal);

        Assert.Equal(("images", "images"), (Place(orphan), Place(unused)));
        using var status = await Registry.GetAsync(location, Cancellation);
        await ShouldBeAsync(status, 204);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{\"id\":\"other\",\"epoch\":0}")]
    public async Task A_foreign_store_loses_nothing(string? mark)
    {
        var digest = await PushBlobAsync("team/x", Random(10));
        var file = Path.Combine(Store, "installation.json");
        File.Delete(file);
        if (mark is not null)
        {
            await File.WriteAllTextAsync(file, mark, Cancellation);
        }

        App.Clock.Turn(TimeSpan.FromDays(400));
        if (mark is "")
        {
            await Assert.ThrowsAsync<StorageException>(CollectAsync);
        }
        else
        {
            Assert.NotNull((await CollectAsync()).Objection);
        }

        Assert.Equal("images", Place(digest));
    }

    [Fact]
    public async Task A_crash_between_the_two_marks_does_not_stop_collecting()
    {
        await CollectAsync();
        App.Sabotage("images").Execute("UPDATE installation SET epoch = epoch + 1");

        Assert.Null((await CollectAsync()).Objection);
        Assert.Null((await CollectAsync()).Objection);
    }

    [Fact]
    public async Task Staged_bytes_without_a_row_are_dropped_after_the_time_of_an_upload()
    {
        var location = await BeginUploadAsync("team/x");
        var id = location.Split('/')[^1];
        App.Sabotage("images").Execute($"DELETE FROM blob_uploads WHERE id = '{id}'");
        await CollectAsync();
        App.Clock.Turn(TimeSpan.FromHours(23));
        await CollectAsync();
        Assert.True(File.Exists(Path.Combine(Store, "uploads", "images-" + id)));

        App.Clock.Turn(TimeSpan.FromHours(2));
        await CollectAsync();

        Assert.False(File.Exists(Path.Combine(Store, "uploads", "images-" + id)));
    }

    [Fact]
    public async Task After_an_operator_has_looked_an_older_database_is_collected_for_again()
    {
        var (kept, bytes) = await PushImageAsync("team/x", "kept");
        await CollectAsync();
        await CollectAsync();
        App.Sabotage("images").Execute("UPDATE installation SET epoch = 0");
        var orphan = await PushBlobAsync("team/x", Random(10));
        LoseRow(orphan);
        Assert.NotNull((await CollectAsync()).Objection);

        var report = await ImagesModule.ExamineStoreAsync(App.Services, Cancellation);
        App.Clock.Turn(s_lease);
        Assert.NotNull((await CollectAsync()).Objection);
        var done = await ImagesModule.RepairStoreAsync(App.Services, discardsAside: false, Cancellation);

        Assert.Contains("is older than the blob store", report.Objection, StringComparison.Ordinal);
        Assert.Equal((3, 1, 0, 0, 0L), (report.Objects, report.Unrecorded, report.Missing, report.Returning, report.Aside));
        Assert.Equal(new(0, 1, 0), done);
        Assert.Equal("aside", Place(orphan));
        Assert.Null((await CollectAsync()).Objection);
        using var got = await Registry.GetAsync($"/v2/team/x/manifests/{kept}", Cancellation);
        Assert.Equal(bytes, await got.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task However_much_has_no_row_goes_aside_when_an_operator_says_so_and_comes_back_when_a_row_needs_it()
    {
        var digests = Enumerable.Range(0, 12).Select(i => Put($"{i}")).ToList();
        await RipenAsync();
        Assert.NotNull((await CollectAsync()).Objection);

        Assert.Equal(new(0, 12, 0), await ImagesModule.RepairStoreAsync(App.Services, discardsAside: false, Cancellation));
        Assert.All(digests, d => Assert.Equal("aside", Place(d)));
        App.Sabotage("images").Execute(
            $"INSERT INTO blobs (digest, size, leased_until, verified_at, created_at) VALUES ('{digests[0]}', 1, {long.MaxValue}, 0, 0), ('sha256:{new string('0', 64)}', 1, {long.MaxValue}, 0, 0)");
        var report = await ImagesModule.ExamineStoreAsync(App.Services, Cancellation);
        Assert.Equal((0L, 1, 1, 12L), (report.Objects, report.Missing, report.Returning, report.Aside));

        Assert.Equal(new(1, 0, 11), await ImagesModule.RepairStoreAsync(App.Services, discardsAside: true, Cancellation));
        Assert.Equal("images", Place(digests[0]));
        Assert.All(digests.Skip(1), d => Assert.Null(Place(d)));
    }

    private Task<Collected> CollectAsync() => Collector.CollectAsync(Cancellation);

    // It is seen to be without a row, and its time passes.
    private async Task RipenAsync()
    {
        await CollectAsync();
        App.Clock.Turn(s_lease);
    }

    private async Task ShouldSayAsync(string? warning, int unrecorded)
    {
        var ready = await App.Anonymous.GetStringAsync("/readyz", Cancellation);
        var metrics = await App.Anonymous.GetStringAsync("/metrics", Cancellation);
        Assert.Equal("ready", JsonDocument.Parse(ready).RootElement.GetProperty("status").GetString());
        if (warning is null)
        {
            Assert.DoesNotContain("Nothing is collected", ready, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains(warning, ready, StringComparison.Ordinal);
        }

        Assert.Contains($"stagedoor_images_collector_held {(warning is null ? 0 : 1)}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"stagedoor_images_unrecorded_objects {unrecorded}\n", metrics, StringComparison.Ordinal);
    }

    private void LoseRow(string digest) =>
        App.Sabotage("images").Execute($"DELETE FROM blob_links WHERE digest = '{digest}'; DELETE FROM blobs WHERE digest = '{digest}'");

    private string Put(string content)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)));
        var folder = Path.Combine(Store, "images/sha256", hex[..2]);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, hex), content);
        return "sha256:" + hex;
    }

    private string? FileOf(string digest) =>
        Directory.EnumerateFiles(Store, digest.Split(':')[1], SearchOption.AllDirectories).SingleOrDefault();

    // The first folder of the blob's place.
    private string? Place(string digest) => FileOf(digest) is { } file ? Path.GetRelativePath(Store, file).Split('/')[0] : null;

    private List<string> Files() => [.. Directory.EnumerateFiles(Path.Combine(Store, "images"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}

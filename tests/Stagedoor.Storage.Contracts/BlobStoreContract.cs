using Xunit;

namespace Stagedoor.Storage.Contracts;

/// <summary>What every <see cref="IBlobStore"/> does. An engine's tests subclass it and say how to reach, break and mend the store.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;
    private const int Unaligned = (12 * Mebibyte) + 3;

    private IBlobStore? _store;

    /// <summary>The store under test, on an empty place of this test's own.</summary>
    protected IBlobStore Store => _store ??= Reopen();

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A new instance on the same place, as after a restart.</summary>
    protected abstract IBlobStore Reopen();

    /// <summary>Takes the place away from under the store.</summary>
    protected abstract Task BreakAsync();

    /// <summary>Brings it back as it was.</summary>
    protected abstract Task MendAsync();

    /// <summary>Removes the staged bytes of an upload behind the store's back.</summary>
    protected abstract Task LoseStagedAsync(string id);

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(1, 1)]
    [InlineData(4099, 7)]
    [InlineData((5 * Mebibyte) - 1, 65_537)]
    [InlineData(5 * Mebibyte, Mebibyte + 1)]
    [InlineData(8 * Mebibyte, 8 * Mebibyte)]
    [InlineData(Unaligned, 81_919)]
    [InlineData(Unaligned, Unaligned)]
    public virtual async Task Committed_bytes_are_the_bytes_that_were_appended(int size, int chunk)
    {
        var key = new BlobKey("blobs/sha256/ab/abcdef");
        var bytes = Bytes(size);

        await PutAsync(key, bytes, chunk);

        Assert.Equal(size, await Store.FindSizeAsync(key, Cancellation));
        await ShouldHoldAsync(Store, key, bytes);
        await ShouldHoldAsync(Reopen(), key, bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PageBuffer.Alignment)]
    public virtual async Task Page_buffers_and_small_pieces_make_one_object(int first)
    {
        var key = new BlobKey("pages");
        var bytes = Bytes((3 * Mebibyte) + 5);
        await using (var upload = await Store.CreateUploadAsync("pages", Cancellation))
        {
            using var page = PageBuffer.Rent();
            foreach (var cut in (int[])[first, PageBuffer.Bytes, PageBuffer.Bytes + PageBuffer.Alignment, PageBuffer.Bytes + 5000, bytes.Length])
            {
                while (upload.Length < cut)
                {
                    var piece = page.Memory[..(int)Math.Min(PageBuffer.Bytes, cut - upload.Length)];
                    bytes.AsMemory((int)upload.Length, piece.Length).CopyTo(piece);
                    await upload.AppendAsync(piece, Cancellation);
                }
            }

            await upload.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, bytes);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 3)]
    [InlineData(17, 5 * Mebibyte)]
    [InlineData((5 * Mebibyte) - 1, 2)]
    [InlineData(8 * Mebibyte, 0)]
    [InlineData((8 * Mebibyte) - 1, Mebibyte)]
    [InlineData(9 * Mebibyte, 8 * Mebibyte)]
    public virtual async Task An_upload_goes_on_after_a_restart(int before, int after)
    {
        var key = new BlobKey("resumed");
        var bytes = Bytes(before + after);
        string saved;
        await using (var first = await Store.CreateUploadAsync("restarted", Cancellation))
        {
            await AppendAsync(first, bytes.AsMemory(0, before), 65_537);
            saved = await first.SaveAsync(Cancellation);
        }

        var second = await ReopenUploadAsync(Reopen(), "restarted", saved);
        await using (second)
        {
            Assert.Equal(before, second.Length);
            await AppendAsync(second, bytes.AsMemory(before), 65_537);
            await second.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, bytes);
    }

    [Fact]
    public virtual async Task An_upload_is_saved_many_times()
    {
        var key = new BlobKey("saved-often");
        var bytes = Bytes((8 * Mebibyte) + 500);
        string saved;
        var upload = await Store.CreateUploadAsync("often", Cancellation);
        foreach (var cut in (int[])[1, 1, 5000, 8 * Mebibyte, bytes.Length])
        {
            await using (upload)
            {
                await AppendAsync(upload, bytes.AsMemory((int)upload.Length, cut - (int)upload.Length), 1_000_003);
                await upload.SaveAsync(Cancellation);
                saved = await upload.SaveAsync(Cancellation);
            }

            upload = await ReopenUploadAsync(Reopen(), "often", saved);
            Assert.Equal(cut, upload.Length);
        }

        await using (upload)
        {
            await upload.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 * Mebibyte)]
    [InlineData(Unaligned)]
    public virtual async Task A_staged_upload_reads_back_and_goes_on(int size)
    {
        var key = new BlobKey("read-back");
        var bytes = Bytes(size + 10);
        await using var upload = await Store.CreateUploadAsync("read-back", Cancellation);
        await AppendAsync(upload, bytes.AsMemory(0, size), 100_003);

        byte[] staged;
        await using (var stream = await upload.OpenReadAsync(Cancellation))
        {
            staged = await ReadAsync(stream);
        }

        await AppendAsync(upload, bytes.AsMemory(size), 3);
        await upload.CommitAsync(key, Cancellation);
        AssertSame(bytes.AsMemory(0, size), staged);
        await ShouldHoldAsync(Store, key, bytes);
    }

    [Fact]
    public virtual async Task A_resumed_upload_reads_back_what_was_saved()
    {
        var bytes = Bytes(Unaligned);
        string saved;
        await using (var first = await Store.CreateUploadAsync("read-resumed", Cancellation))
        {
            await AppendAsync(first, bytes, 1_000_003);
            saved = await first.SaveAsync(Cancellation);
        }

        await using var second = await ReopenUploadAsync(Reopen(), "read-resumed", saved);
        await using var stream = await second.OpenReadAsync(Cancellation);

        AssertSame(bytes, await ReadAsync(stream));
    }

    [Theory]
    [InlineData(0L, 1L, 0, 1)]
    [InlineData(1L, 1L, 1, 1)]
    [InlineData(5000L, 70_000L, 5000, 70_000)]
    [InlineData(99_999L, 1L, 99_999, 1)]
    [InlineData(99_000L, null, 99_000, 1000)]
    [InlineData(99_000L, 5000L, 99_000, 1000)]
    [InlineData(0L, 100_000L, 0, 100_000)]
    [InlineData(0L, 200_000L, 0, 100_000)]
    [InlineData(0L, 0L, 0, 0)]
    [InlineData(50L, 0L, 50, 0)]
    [InlineData(100_000L, null, 100_000, 0)]
    [InlineData(100_000L, 1L, 100_000, 0)]
    public virtual async Task A_part_is_cut_out(long offset, long? length, int start, int count)
    {
        var key = new BlobKey("ranges");
        var bytes = Bytes(100_000);
        await PutAsync(key, bytes, bytes.Length);

        await using var content = await Store.OpenAsync(key, offset, length, Cancellation);

        Assert.NotNull(content);
        Assert.Equal(bytes.Length, content.Size);
        Assert.Equal(count, content.Length);
        AssertSame(bytes.AsMemory(start, count), await ReadAsync(content.Body));
    }

    [Fact]
    public virtual async Task A_part_of_nothing_is_empty()
    {
        var key = new BlobKey("empty");
        await PutAsync(key, [], 1);

        await using var content = await Store.OpenAsync(key, 0, 10, Cancellation);

        Assert.NotNull(content);
        Assert.Equal((0, 0), (content.Size, content.Length));
        Assert.Empty(await ReadAsync(content.Body));
    }

    [Fact]
    public virtual async Task A_negative_part_is_refused()
    {
        var key = new BlobKey("negative");

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync(key, -1, null, Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync(key, 0, -1, Cancellation));
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(20, 10)]
    [InlineData(Unaligned, 3)]
    [InlineData(3, Unaligned)]
    public virtual async Task A_commit_replaces(int before, int after)
    {
        var key = new BlobKey("charts/index.yaml");
        await PutAsync(key, Bytes(before), 1_000_003);
        var bytes = Bytes(after, seed: 9);

        await PutAsync(key, bytes, 1_000_003);

        await ShouldHoldAsync(Store, key, bytes);
    }

    [Fact]
    public virtual async Task An_open_object_is_read_to_its_end_while_it_is_replaced()
    {
        var key = new BlobKey("replaced-while-read");
        var bytes = Bytes(2 * Mebibyte);
        await PutAsync(key, bytes, bytes.Length);
        await using var content = await Store.OpenAsync(key, 0, null, Cancellation);
        Assert.NotNull(content);

        await PutAsync(key, Bytes(10, seed: 5), 10);

        AssertSame(bytes, await ReadAsync(content.Body));
    }

    [Fact]
    public virtual async Task Many_readers_share_an_object()
    {
        var key = new BlobKey("shared");
        var bytes = Bytes(Mebibyte);
        await PutAsync(key, bytes, bytes.Length);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ShouldHoldAsync(Store, key, bytes)));
    }

    [Fact]
    public virtual async Task A_committed_upload_is_gone()
    {
        await PutAsync(new("published"), Bytes(Unaligned), 1_000_003, id: "committed");

        await ShouldBeMissingAsync("committed");
        Assert.Empty(await UploadsAsync(Store));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(Unaligned)]
    public virtual async Task An_aborted_upload_is_gone(int size)
    {
        await using (var upload = await Store.CreateUploadAsync("aborted", Cancellation))
        {
            await AppendAsync(upload, Bytes(size), 1_000_003);
            await upload.SaveAsync(Cancellation);
            await upload.AbortAsync(Cancellation);
        }

        await ShouldBeMissingAsync("aborted");
        Assert.Empty(await UploadsAsync(Store));
        Assert.Empty(await KeysAsync(""));
    }

    [Fact]
    public virtual async Task An_upload_is_aborted_twice()
    {
        await using var upload = await Store.CreateUploadAsync("aborted-twice", Cancellation);

        await upload.AbortAsync(Cancellation);
        await upload.AbortAsync(Cancellation);

        Assert.Empty(await UploadsAsync(Store));
    }

    [Fact]
    public virtual async Task A_listing_has_the_keys_of_its_prefix()
    {
        foreach (var key in (string[])["a/1", "a/2", "a/b/3", "ab/4", "b/5"])
        {
            await PutAsync(new(key), Bytes(key[^1] - '0'), 100);
        }

        Assert.Equal(["a/1", "a/2", "a/b/3", "ab/4", "b/5"], await KeysAsync(""));
        Assert.Equal(["a/1", "a/2", "a/b/3", "ab/4"], await KeysAsync("a"));
        Assert.Equal(["a/1", "a/2", "a/b/3"], await KeysAsync("a/"));
        Assert.Equal(["a/b/3"], await KeysAsync("a/b"));
        Assert.Equal(["b/5"], await KeysAsync("b/5"));
        Assert.Empty(await KeysAsync("c"));
    }

    [Fact]
    public virtual async Task A_listing_says_size_and_time()
    {
        await PutAsync(new("listed/one"), Bytes(1234), 100);

        var entry = await Store.ListAsync("listed/", Cancellation).SingleAsync(Cancellation);

        Assert.Equal(1234, entry.Size);
        Assert.InRange(entry.Modified, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
    }

    [Fact]
    public virtual async Task A_listing_leaves_out_uploads()
    {
        await using var upload = await Store.CreateUploadAsync("unlisted", Cancellation);
        await upload.AppendAsync(Bytes(10), Cancellation);
        await upload.SaveAsync(Cancellation);

        Assert.Empty(await KeysAsync(""));
        Assert.Empty(await KeysAsync("up"));
    }

    [Fact]
    public virtual async Task A_listing_stops_early()
    {
        for (var i = 0; i < 5; i++)
        {
            await PutAsync(new($"early/{i}"), Bytes(1), 1);
        }

        await foreach (var entry in Store.ListAsync("early/", Cancellation))
        {
            Assert.StartsWith("early/", entry.Key.ToString(), StringComparison.Ordinal);
            break;
        }

        Assert.Equal(5, (await KeysAsync("early/")).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(Unaligned)]
    public virtual async Task A_moved_object_has_its_new_key_alone(int size)
    {
        var (from, to) = (new BlobKey("images/sha256/ab/abcdef"), new BlobKey("aside/2026-01-01/images/sha256/ab/abcdef"));
        var bytes = Bytes(size);
        await PutAsync(from, bytes, Mebibyte);
        await PutAsync(to, Bytes(3), 3);

        Assert.True(await Store.MoveAsync(from, to, Cancellation));

        Assert.Null(await Store.FindSizeAsync(from, Cancellation));
        await ShouldHoldAsync(Reopen(), to, bytes);
        Assert.False(await Store.MoveAsync(from, to, Cancellation));
        await ShouldHoldAsync(Store, to, bytes);
    }

    [Fact]
    public virtual async Task The_mark_of_an_installation_is_read_as_it_was_written()
    {
        Assert.Null(await StoreMark.FindAsync(Store, Cancellation));

        await StoreMark.WriteAsync(Store, new("abc", 0), Cancellation);
        await (await Store.CreateUploadAsync("installation-mark", Cancellation)).DisposeAsync();
        await StoreMark.WriteAsync(Store, new("abc", 7), Cancellation);

        Assert.Equal(new("abc", 7), await StoreMark.FindAsync(Reopen(), Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public virtual async Task A_damaged_mark_is_no_missing_one(string text)
    {
        await PutAsync(new("installation.json"), System.Text.Encoding.UTF8.GetBytes(text), 1);

        var fault = await Assert.ThrowsAsync<StorageException>(() => StoreMark.FindAsync(Store, Cancellation));

        Assert.Equal(StorageFault.Corrupt, fault.Fault);
    }

    [Fact]
    public virtual async Task An_object_is_deleted_once()
    {
        var key = new BlobKey("deleted/once");
        await PutAsync(key, Bytes(10), 10);

        Assert.True(await Store.DeleteAsync(key, Cancellation));
        Assert.False(await Store.DeleteAsync(key, Cancellation));
        Assert.Null(await Store.FindSizeAsync(key, Cancellation));
        Assert.Null(await Store.OpenAsync(key, 0, null, Cancellation));
    }

    [Fact]
    public virtual async Task An_unknown_object_is_null()
    {
        Assert.Null(await Store.FindSizeAsync(new("nobody/wrote/this"), Cancellation));
        Assert.Null(await Store.OpenAsync(new("nobody/wrote/this"), 0, null, Cancellation));
        Assert.Null(await Store.OpenAsync(new("nobody/wrote/this"), 5, 10, Cancellation));
        Assert.Null(await Store.OpenAsync(new("nobody/wrote/this"), 0, 0, Cancellation));
        Assert.False(await Store.DeleteAsync(new("nobody/wrote/this"), Cancellation));
    }

    [Fact]
    public virtual async Task A_folder_of_objects_is_no_object()
    {
        await PutAsync(new("folder/of/object"), Bytes(1), 1);

        Assert.Null(await Store.FindSizeAsync(new("folder/of"), Cancellation));
        Assert.Null(await Store.OpenAsync(new("folder/of"), 0, null, Cancellation));
        Assert.False(await Store.DeleteAsync(new("folder/of"), Cancellation));
    }

    [Fact]
    public virtual async Task An_unknown_upload_is_missing()
    {
        await ShouldBeMissingAsync("nobody-began-this");

        Assert.True(await Store.DropUploadAsync("nobody-began-this", Cancellation));
    }

    [Theory]
    [InlineData(0, 10, 20)]
    [InlineData(10, 0, 20)]
    [InlineData(10, 20, 0)]
    [InlineData(Unaligned, 10, 20)]
    [InlineData(8 * Mebibyte, 3, Mebibyte)]
    [InlineData(3, Unaligned, 9 * Mebibyte)]
    public virtual async Task What_was_not_saved_is_dropped_by_who_goes_on(int saved, int lost, int after)
    {
        var key = new BlobKey("dropped");
        var bytes = Bytes(saved + after);
        string text;
        await using (var first = await Store.CreateUploadAsync("dropped", Cancellation))
        {
            await AppendAsync(first, bytes.AsMemory(0, saved), 1_000_003);
            text = await first.SaveAsync(Cancellation);
        }

        await using (var second = await ReopenUploadAsync(Store, "dropped", text))
        {
            await AppendAsync(second, Bytes(lost, seed: 7), 1_000_003);
            await second.SaveAsync(Cancellation);
            await second.RevertAsync(Cancellation);
        }

        Assert.True(await Store.HoldsUploadAsync("dropped", text, Cancellation));
        await using (var third = await ReopenUploadAsync(Store, "dropped", text))
        {
            Assert.Equal(saved, third.Length);
            await AppendAsync(third, bytes.AsMemory(saved), 1_000_003);
            await third.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, bytes);
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(10, 9 * Mebibyte)]
    [InlineData(9 * Mebibyte, 3)]
    [InlineData(9 * Mebibyte, 17 * Mebibyte)]
    public virtual async Task Two_that_go_on_at_once_do_not_mix(int one, int two)
    {
        var (before, first, second) = (Bytes(Mebibyte), Bytes(one, seed: 1), Bytes(two, seed: 2));
        string text;
        await using (var begun = await Store.CreateUploadAsync("two-at-once", Cancellation))
        {
            await AppendAsync(begun, before, 1_000_003);
            text = await begun.SaveAsync(Cancellation);
        }

        await using var upload = await ReopenUploadAsync(Store, "two-at-once", text);
        await AppendAsync(upload, first, 70_001);
        var other = await Reopen().OpenUploadAsync("two-at-once", text, Cancellation);
        if (other.Upload is { } rival)
        {
            await using (rival)
            {
                await AppendAsync(rival, second, 70_003);
                await rival.SaveAsync(Cancellation);
            }
        }
        else
        {
            // A store that keeps the second away says so, and does not drop what is held either.
            Assert.True(other.IsInUse);
            Assert.False(await Reopen().DropUploadAsync("two-at-once", Cancellation));
        }

        var saved = await upload.SaveAsync(Cancellation);
        Assert.True(await Store.HoldsUploadAsync("two-at-once", saved, Cancellation));
        await upload.CommitAsync(new("two-at-once"), Cancellation);
        await ShouldHoldAsync(Store, new("two-at-once"), [.. before, .. first]);
        Assert.True(await Store.DropUploadAsync("two-at-once", Cancellation));
        Assert.Empty(await UploadsAsync(Store));
    }

    [Fact]
    public virtual async Task An_upload_of_which_something_is_gone_is_missing()
    {
        string text;
        await using (var upload = await Store.CreateUploadAsync("gone", Cancellation))
        {
            await AppendAsync(upload, Bytes(Unaligned), 1_000_003);
            text = await upload.SaveAsync(Cancellation);
        }

        Assert.True(await Store.HoldsUploadAsync("gone", text, Cancellation));
        await LoseStagedAsync("gone");

        Assert.False(await Store.HoldsUploadAsync("gone", text, Cancellation));
        await ShouldBeMissingAsync("gone", text);
    }

    [Fact]
    public virtual async Task Uploads_are_listed_with_the_time_of_their_last_write()
    {
        foreach (var id in (string[])["one", "one-2", "two"])
        {
            await using var upload = await Store.CreateUploadAsync(id, Cancellation);
            await AppendAsync(upload, Bytes(9 * Mebibyte), Mebibyte);
            await upload.SaveAsync(Cancellation);
        }

        var listed = await UploadsAsync(Reopen());

        Assert.Equal(["one", "one-2", "two"], listed.Select(u => u.Id).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(listed, u => Assert.InRange(
            u.Modified, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".hidden")]
    [InlineData("a\0b")]
    [InlineData("a\\b")]
    [InlineData("C:/x")]
    [InlineData("a b")]
    [InlineData("组织")]
    public virtual void A_key_that_could_leave_the_store_is_refused(string text) => Assert.Throws<ArgumentException>(() => new BlobKey(text));

    [Fact]
    public virtual async Task A_key_is_as_long_as_allowed()
    {
        var longest = string.Join('/', Enumerable.Repeat(new string('k', 127), 4)) + "k";
        var key = new BlobKey(longest);
        await PutAsync(key, Bytes(5), 5);

        await ShouldHoldAsync(Store, key, Bytes(5));
        Assert.Equal([longest], await KeysAsync(""));
        Assert.Throws<ArgumentException>(() => new BlobKey(longest + "k"));
    }

    [Theory]
    [InlineData("uploads")]
    [InlineData("uploads/staged")]
    public virtual async Task A_key_among_the_uploads_is_refused(string text)
    {
        var key = new BlobKey(text);
        await using var upload = await Store.CreateUploadAsync("staged", Cancellation);

        await Assert.ThrowsAsync<ArgumentException>(() => Store.FindSizeAsync(key, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(key, 0, null, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(key, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => upload.CommitAsync(key, Cancellation));
    }

    [Fact]
    public virtual async Task The_default_key_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.FindSizeAsync(default, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(default, 0, null, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(default, Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../escape")]
    [InlineData("/absolute")]
    [InlineData("a/b")]
    [InlineData("a\0")]
    [InlineData("a_b")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public virtual async Task An_upload_id_that_could_leave_the_store_is_refused(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CreateUploadAsync(id, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenUploadAsync(id, "", Cancellation));
    }

    [Fact]
    public virtual async Task Two_uploads_of_one_key_end_with_one_of_them()
    {
        var key = new BlobKey("contested");
        var (one, two) = (Bytes(Unaligned, seed: 1), Bytes(Unaligned, seed: 2));

        await Task.WhenAll(PutAsync(key, one, 70_001, "contest-1"), PutAsync(key, two, 70_003, "contest-2"));

        await using var content = await Store.OpenAsync(key, 0, null, Cancellation);
        var stored = await ReadAsync(content!.Body);
        Assert.True(stored.AsSpan().SequenceEqual(one) || stored.AsSpan().SequenceEqual(two), "The object is a mixture of the two uploads.");
        Assert.Empty(await UploadsAsync(Store));
    }

    [Fact]
    public virtual async Task A_buffer_is_free_after_its_append()
    {
        var key = new BlobKey("reused-buffer");
        var buffer = new byte[100];
        await using (var upload = await Store.CreateUploadAsync("reused-buffer", Cancellation))
        {
            for (byte i = 0; i < 10; i++)
            {
                buffer.AsSpan().Fill(i);
                await upload.AppendAsync(buffer, Cancellation);
            }

            buffer.AsSpan().Fill(0xff);
            await upload.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, [.. Enumerable.Range(0, 10).SelectMany(i => Enumerable.Repeat((byte)i, 100))]);
    }

    [Fact]
    public virtual async Task Lost_staged_bytes_are_not_published()
    {
        var key = new BlobKey("lost");
        await using var upload = await Store.CreateUploadAsync("lost", Cancellation);
        await AppendAsync(upload, Bytes(Unaligned), 1_000_003);
        await upload.SaveAsync(Cancellation);
        await LoseStagedAsync("lost");

        var fault = await Assert.ThrowsAsync<StorageException>(() => upload.CommitAsync(key, Cancellation));

        Assert.Equal((StorageSource.Blobs, StorageFault.Corrupt), (fault.Store, fault.Fault));
        Assert.Null(await Store.FindSizeAsync(key, Cancellation));
    }

    [Fact]
    public virtual async Task A_working_store_says_so()
    {
        await Store.CheckAsync(Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Store.CheckAsync(Cancellation)));

        Assert.Empty(await KeysAsync(""));
        Assert.Empty(await UploadsAsync(Store));
        Assert.False(string.IsNullOrEmpty(Store.Location));
    }

    [Fact]
    public virtual async Task A_store_that_is_gone_is_a_fault_until_it_is_back()
    {
        var key = new BlobKey("survivor");
        var bytes = Bytes(1000);
        await PutAsync(key, bytes, 100);
        string saved;
        var upload = await Store.CreateUploadAsync("survivor", Cancellation);
        await using (upload)
        {
            await upload.AppendAsync(Bytes(10), Cancellation);
            saved = await upload.SaveAsync(Cancellation);
            await BreakAsync();

            await ShouldBeGoneAsync(() => Store.CheckAsync(Cancellation));
            await ShouldBeGoneAsync(() => Store.CreateUploadAsync("too-late", Cancellation));
            await ShouldBeGoneAsync(() => upload.CommitAsync(new("too-late"), Cancellation));
            await MendAsync();
        }

        await Store.CheckAsync(Cancellation);
        await ShouldHoldAsync(Store, key, bytes);
        await PutAsync(new("after"), bytes, 100);
        await ShouldHoldAsync(Store, new("after"), bytes);
        await using var resumed = await ReopenUploadAsync(Store, "survivor", saved);
        Assert.Equal(10, resumed.Length);
    }

    [Fact]
    public virtual async Task A_cancelled_caller_gets_no_storage_fault()
    {
        var key = new BlobKey("cancelled");
        await PutAsync(key, Bytes(10), 10);
        await using var upload = await Store.CreateUploadAsync("cancelled", Cancellation);
        await upload.AppendAsync(Bytes(10), Cancellation);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.FindSizeAsync(key, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.OpenAsync(key, 0, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.DeleteAsync(key, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CreateUploadAsync("too-late", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.OpenUploadAsync("cancelled", "", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CheckAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListAsync("", cancelled).CountAsync(Cancellation).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListUploadsAsync(cancelled).CountAsync(Cancellation).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.AppendAsync(Bytes(10), cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.SaveAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.OpenReadAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.CommitAsync(key, cancelled));
    }

    [Fact]
    public virtual async Task A_cancelled_append_or_commit_is_tried_again()
    {
        var key = new BlobKey("tried-again");
        var bytes = Bytes(Unaligned);
        var cancelled = new CancellationToken(canceled: true);
        await using (var upload = await Store.CreateUploadAsync("tried-again", Cancellation))
        {
            await AppendAsync(upload, bytes.AsMemory(0, 8 * Mebibyte), 1_000_003);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => upload.AppendAsync(bytes.AsMemory(8 * Mebibyte, 100), cancelled).AsTask());
            Assert.Equal(8 * Mebibyte, upload.Length);
            await AppendAsync(upload, bytes.AsMemory(8 * Mebibyte), 1_000_003);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.CommitAsync(key, cancelled));

            await upload.CommitAsync(key, Cancellation);
        }

        await ShouldHoldAsync(Store, key, bytes);
        Assert.Empty(await UploadsAsync(Store));
    }

    /// <summary>Bytes in which no two parts are alike, so that a part in the wrong place shows.</summary>
    protected static byte[] Bytes(int size, uint seed = 3)
    {
        var bytes = new byte[size];
        var state = seed * 2_654_435_761;
        for (var i = 0; i < size; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (byte)state;
        }

        return bytes;
    }

    /// <summary>Stores an object by way of an upload.</summary>
    protected async Task PutAsync(BlobKey key, byte[] bytes, int chunk, string id = "put")
    {
        await using var upload = await Store.CreateUploadAsync(id, Cancellation);
        Assert.Equal(0, upload.Length);
        await AppendAsync(upload, bytes, chunk);
        Assert.Equal(bytes.Length, upload.Length);
        await upload.CommitAsync(key, Cancellation);
    }

    /// <summary>Appends in chunks, all from one buffer, as a pipe would.</summary>
    protected static async Task AppendAsync(IBlobUpload upload, ReadOnlyMemory<byte> bytes, int chunk)
    {
        for (var at = 0; at < bytes.Length; at += chunk)
        {
            await upload.AppendAsync(bytes.Slice(at, Math.Min(chunk, bytes.Length - at)), Cancellation);
        }
    }

    /// <summary>The object's bytes are these.</summary>
    protected static async Task ShouldHoldAsync(IBlobStore store, BlobKey key, byte[] bytes)
    {
        await using var content = await store.OpenAsync(key, 0, null, Cancellation);
        Assert.NotNull(content);
        Assert.Equal((bytes.Length, bytes.Length), (content.Size, content.Length));
        AssertSame(bytes, await ReadAsync(content.Body));
    }

    /// <summary>Goes on with an upload that is there.</summary>
    protected static async Task<IBlobUpload> ReopenUploadAsync(IBlobStore store, string id, string saved)
    {
        var (upload, _) = await store.OpenUploadAsync(id, saved, Cancellation);
        Assert.NotNull(upload);
        Assert.Equal(id, upload.Id);
        return upload;
    }

    /// <summary>A fault that says the store is not there.</summary>
    protected static async Task<StorageException> ShouldBeGoneAsync(Func<Task> work)
    {
        var fault = await Assert.ThrowsAsync<StorageException>(work);
        Assert.Equal(StorageSource.Blobs, fault.Store);
        Assert.Contains(fault.Fault, (StorageFault[])[StorageFault.Unavailable, StorageFault.Failed, StorageFault.CannotCreate, StorageFault.Corrupt]);
        return fault;
    }

    private async Task ShouldBeMissingAsync(string id, string saved = "")
    {
        var opened = await Store.OpenUploadAsync(id, saved, Cancellation);
        Assert.Null(opened.Upload);
        Assert.False(opened.IsInUse);
        Assert.False(await Store.HoldsUploadAsync(id, saved, Cancellation));
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, 70_001, Cancellation);
        return copy.ToArray();
    }

    // Assert.Equal of megabytes prints them.
    private static void AssertSame(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var same = expected.Span.CommonPrefixLength(actual.Span);
        Assert.True(same == expected.Length, $"The bytes differ from {same} on.");
    }

    private static async Task<List<StagedUpload>> UploadsAsync(IBlobStore store) => await store.ListUploadsAsync(Cancellation).ToListAsync(Cancellation);

    private async Task<List<string>> KeysAsync(string prefix) =>
        await Store.ListAsync(prefix, Cancellation).Select(e => e.Key.ToString()).Order(StringComparer.Ordinal).ToListAsync(Cancellation);
}

namespace Stagedoor.Storage;

/// <summary>A blob store whose work is told to whoever records what a request does.</summary>
/// <param name="store">The store.</param>
/// <param name="engine">What it is, for people: <c>files</c> or <c>s3</c>.</param>
/// <param name="watch">Hears of it.</param>
public sealed class WatchedBlobStore(IBlobStore store, string engine, IStorageWatch watch) : IBlobStore, IDisposable
{
    public string Location => store.Location;

    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken) =>
        NotedAsync("stat", static (s, a) => s.FindSizeAsync(a.Key, a.CancellationToken), (Key: key, CancellationToken: cancellationToken), static size => size ?? -1);

    public Task<DateTimeOffset?> FindWriteTimeAsync(BlobKey key, CancellationToken cancellationToken) => store.FindWriteTimeAsync(key, cancellationToken);

    public Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken) => NotedAsync(
        "get",
        static (s, a) => s.OpenAsync(a.Key, a.Offset, a.Length, a.CancellationToken),
        (Key: key, Offset: offset, Length: length, CancellationToken: cancellationToken),
        static content => content?.Length ?? -1);

    public Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken) =>
        NotedAsync("delete", static (s, a) => s.DeleteAsync(a.Key, a.CancellationToken), (Key: key, CancellationToken: cancellationToken), static _ => -1);

    public Task<bool> MoveAsync(BlobKey key, BlobKey newKey, CancellationToken cancellationToken) => NotedAsync(
        "move", static (s, a) => s.MoveAsync(a.Key, a.NewKey, a.CancellationToken), (Key: key, NewKey: newKey, CancellationToken: cancellationToken), static _ => -1);

    public IAsyncEnumerable<BlobEntry> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);

    public async Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken)
    {
        if (watch.Current is not { } steps)
        {
            return await store.CreateUploadAsync(id, cancellationToken);
        }

        var upload = await NotedAsync("begin upload", static (s, a) => s.CreateUploadAsync(a.Id, a.CancellationToken), (Id: id, CancellationToken: cancellationToken), static _ => -1);
        return new Upload(upload, engine, steps);
    }

    public async Task<OpenedUpload> OpenUploadAsync(string id, string saved, CancellationToken cancellationToken)
    {
        if (watch.Current is not { } steps)
        {
            return await store.OpenUploadAsync(id, saved, cancellationToken);
        }

        var opened = await NotedAsync(
            "open upload", static (s, a) => s.OpenUploadAsync(a.Id, a.Saved, a.CancellationToken), (Id: id, Saved: saved, CancellationToken: cancellationToken), static _ => -1);
        return opened.Upload is { } upload ? opened with { Upload = new Upload(upload, engine, steps) } : opened;
    }

    public Task<bool> HoldsUploadAsync(string id, string saved, CancellationToken cancellationToken) => store.HoldsUploadAsync(id, saved, cancellationToken);

    public Task<bool> DropUploadAsync(string id, CancellationToken cancellationToken) =>
        NotedAsync("drop upload", static (s, a) => s.DropUploadAsync(a.Id, a.CancellationToken), (Id: id, CancellationToken: cancellationToken), static _ => -1);

    public IAsyncEnumerable<StagedUpload> ListUploadsAsync(CancellationToken cancellationToken) => store.ListUploadsAsync(cancellationToken);

    public void Expect(string installation) => store.Expect(installation);

    public Task CheckAsync(CancellationToken cancellationToken) => store.CheckAsync(cancellationToken);

    public void Dispose() => (store as IDisposable)?.Dispose();

    private static bool Note(IStorageSteps steps, in StorageStep step, Exception fault)
    {
        steps.Note(step, fault);
        return false;
    }

    private Task<T> NotedAsync<T, TArguments>(string name, Func<IBlobStore, TArguments, Task<T>> work, TArguments arguments, Func<T, long> bytes) =>
        watch.Current is { } steps ? NotedAsync(steps, name, work, arguments, bytes) : work(store, arguments);

    private async Task<T> NotedAsync<T, TArguments>(IStorageSteps steps, string name, Func<IBlobStore, TArguments, Task<T>> work, TArguments arguments, Func<T, long> bytes)
    {
        var step = new StorageStep(StorageWork.Blob, name, null, engine, steps.Now());
        try
        {
            var answer = await work(store, arguments);
            steps.Note(step with { Amount = bytes(answer) }, null);
            return answer;
        }
        catch (Exception e) when (Note(steps, in step, e))
        {
            throw;
        }
    }

    /// <summary>An upload: what was appended since the last step counts as one.</summary>
    private sealed class Upload(IBlobUpload upload, string engine, IStorageSteps steps) : IBlobUpload
    {
        private long _from = -1;
        private long _begin;

        public string Id => upload.Id;

        public long Length => upload.Length;

        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (_from < 0)
            {
                (_from, _begin) = (upload.Length, steps.Now());
            }

            return upload.AppendAsync(bytes, cancellationToken);
        }

        public Task<string> SaveAsync(CancellationToken cancellationToken)
        {
            NoteAppended();
            return NotedAsync("save", steps.Now(), -1, upload.SaveAsync(cancellationToken));
        }

        public Task RevertAsync(CancellationToken cancellationToken) => upload.RevertAsync(cancellationToken);

        public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) => upload.OpenReadAsync(cancellationToken);

        public Task CommitAsync(BlobKey key, CancellationToken cancellationToken)
        {
            NoteAppended();
            return NotedAsync("put", steps.Now(), upload.Length, CommittedAsync(key, cancellationToken));
        }

        public Task AbortAsync(CancellationToken cancellationToken)
        {
            NoteAppended();
            return upload.AbortAsync(cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            NoteAppended();
            return upload.DisposeAsync();
        }

        private async Task<bool> CommittedAsync(BlobKey key, CancellationToken cancellationToken)
        {
            await upload.CommitAsync(key, cancellationToken);
            return true;
        }

        private void NoteAppended()
        {
            if (_from >= 0)
            {
                steps.Note(new(StorageWork.Blob, "append", null, engine, _begin, upload.Length - _from), null);
                _from = -1;
            }
        }

        private async Task<T> NotedAsync<T>(string name, long started, long bytes, Task<T> work)
        {
            var step = new StorageStep(StorageWork.Blob, name, null, engine, started, bytes);
            try
            {
                var answer = await work;
                steps.Note(in step, null);
                return answer;
            }
            catch (Exception e) when (Note(steps, in step, e))
            {
                throw;
            }
        }
    }
}

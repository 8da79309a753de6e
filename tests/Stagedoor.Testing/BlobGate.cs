using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>What a host asks of its blob store, as far as a test wants to stop it or to let it fail.</summary>
public enum BlobStep
{
    Create,
    Open,

    /// <summary>What a blob holds is read: it has been opened.</summary>
    Read,

    /// <summary>What is staged is read: it has been opened.</summary>
    ReadStaged,
    Append,
    Save,
    Holds,
    Drop,
    Commit,
    Abort,
    Delete,
    Size,
    ListUploads,
}

/// <summary>Stands between a host and its blob store. A step can be held until the test lets it go on, or fail before or after it is done.</summary>
public sealed class BlobGate
{
    private readonly Lock _lock = new();
    private readonly List<HeldStep> _holds = [];
    private readonly List<(BlobStep Step, bool IsDone)> _faults = [];

    /// <summary>Puts the gate before the host's store, or before another one.</summary>
    public void Install(IServiceCollection services, Func<IBlobStore>? another = null)
    {
        var own = services.Last(static s => s.ServiceType == typeof(IBlobStore));
        services.Remove(own);
        services.AddSingleton<IBlobStore>(provider => new Store(this, another?.Invoke() ?? (IBlobStore)own.ImplementationFactory!(provider)));
    }

    /// <summary>The next such step will stop before it is done.</summary>
    public HeldStep HoldNext(BlobStep step)
    {
        var hold = new HeldStep(step, Forget);
        lock (_lock)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    /// <summary>The next such step will fail.</summary>
    /// <param name="step">The step.</param>
    /// <param name="isDone">Whether what it should do is done all the same, as when only the answer is lost.</param>
    public void FailNext(BlobStep step, bool isDone = false)
    {
        lock (_lock)
        {
            _faults.Add((step, isDone));
        }
    }

    private void Forget(HeldStep hold)
    {
        lock (_lock)
        {
            _holds.Remove(hold);
        }
    }

    private async Task<T> PassAsync<T>(BlobStep step, Func<Task<T>> work)
    {
        HeldStep? hold;
        (BlobStep Step, bool IsDone)? fault = null;
        lock (_lock)
        {
            hold = _holds.Find(h => h.Step == step);
            if (hold is not null)
            {
                _holds.Remove(hold);
            }

            if (_faults.FindIndex(f => f.Step == step) is >= 0 and var at)
            {
                fault = _faults[at];
                _faults.RemoveAt(at);
            }
        }

        if (hold is not null)
        {
            await hold.StopAsync();
        }

        var answer = fault is { IsDone: false } ? default! : await work();
        return fault is null ? answer : throw new StorageException(StorageSource.Blobs, StorageFault.Unavailable, $"The test lets {step} fail.");
    }

    private Task<bool> PassAsync(BlobStep step, Func<Task> work) => PassAsync(
        step,
        async () =>
        {
            await work();
            return true;
        });

    private sealed class Store(BlobGate gate, IBlobStore inner) : IBlobStore, IDisposable
    {
        public string Location => inner.Location;

        public void Expect(string installation) => inner.Expect(installation);

        public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.Size, () => inner.FindSizeAsync(key, cancellationToken));

        public Task<DateTimeOffset?> FindWriteTimeAsync(BlobKey key, CancellationToken cancellationToken) =>
            inner.FindWriteTimeAsync(key, cancellationToken);

        public async Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken)
        {
            var opened = await inner.OpenAsync(key, offset, length, cancellationToken);
            return await gate.PassAsync(BlobStep.Read, () => Task.FromResult(opened));
        }

        public Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.Delete, () => inner.DeleteAsync(key, cancellationToken));

        public Task<bool> MoveAsync(BlobKey from, BlobKey to, CancellationToken cancellationToken) => inner.MoveAsync(from, to, cancellationToken);

        public IAsyncEnumerable<BlobEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken) => gate.PassAsync<IBlobUpload>(
            BlobStep.Create, async () => new Upload(gate, await inner.CreateUploadAsync(id, cancellationToken)));

        public Task<OpenedUpload> OpenUploadAsync(string id, string saved, CancellationToken cancellationToken) => gate.PassAsync(
            BlobStep.Open,
            async () =>
            {
                var opened = await inner.OpenUploadAsync(id, saved, cancellationToken);
                return opened.Upload is { } upload ? opened with { Upload = new Upload(gate, upload) } : opened;
            });

        public Task<bool> HoldsUploadAsync(string id, string saved, CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.Holds, () => inner.HoldsUploadAsync(id, saved, cancellationToken));

        public Task<bool> DropUploadAsync(string id, CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.Drop, () => inner.DropUploadAsync(id, cancellationToken));

        public async IAsyncEnumerable<StagedUpload> ListUploadsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await gate.PassAsync(BlobStep.ListUploads, static () => Task.CompletedTask);
            await foreach (var staged in inner.ListUploadsAsync(cancellationToken))
            {
                yield return staged;
            }
        }

        public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

        public void Dispose() => (inner as IDisposable)?.Dispose();
    }

    private sealed class Upload(BlobGate gate, IBlobUpload inner) : IBlobUpload
    {
        public string Id => inner.Id;

        public long Length => inner.Length;

        public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await gate.PassAsync(BlobStep.Append, () => inner.AppendAsync(bytes, cancellationToken).AsTask());

        public Task<string> SaveAsync(CancellationToken cancellationToken) => gate.PassAsync(BlobStep.Save, () => inner.SaveAsync(cancellationToken));

        public Task RevertAsync(CancellationToken cancellationToken) => inner.RevertAsync(cancellationToken);

        public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.ReadStaged, () => inner.OpenReadAsync(cancellationToken));

        public Task CommitAsync(BlobKey key, CancellationToken cancellationToken) =>
            gate.PassAsync(BlobStep.Commit, () => inner.CommitAsync(key, cancellationToken));

        public Task AbortAsync(CancellationToken cancellationToken) => gate.PassAsync(BlobStep.Abort, () => inner.AbortAsync(cancellationToken));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

/// <summary>A step that a <see cref="BlobGate"/> holds, or will hold.</summary>
public sealed class HeldStep : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Action<HeldStep> _forget;

    internal HeldStep(BlobStep step, Action<HeldStep> forget) => (Step, _forget) = (step, forget);

    internal BlobStep Step { get; }

    /// <summary>Answers when a request stands before the step.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);

    /// <summary>Lets it go on, or pass if it has not come yet.</summary>
    public void Release()
    {
        _forget(this);
        _released.TrySetResult();
    }

    public void Dispose() => Release();

    internal Task StopAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }
}

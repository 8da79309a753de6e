using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Keeps what is asked of an API server waiting.</summary>
internal sealed class HeldRequests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HeldRequests(ApiServer server) => server.Fault = async context =>
    {
        _reached.TrySetResult();
        await _released.Task.WaitAsync(context.RequestAborted);
        return false;
    };

    /// <summary>Waits for the first request.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);

    /// <summary>Lets all of them go on.</summary>
    public void Release() => _released.TrySetResult();

    public void Dispose() => Release();
}

using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>The double fails where partitions are made, listed, dropped and written as well.</summary>
public sealed class FaultyStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Partitions_fail_at_the_same_steps()
    {
        var faults = new FaultyStore();
        await using var app = await StagedoorApp.StartAsync(faults.Install);
        await using var parts = new Partitions(
            app.Services.GetRequiredService<IDatabaseEngine>(), "discovery", typeof(DiscoveryModule).Assembly, Durability.Full, TimeProvider.System);
        await using var made = await parts.MakeAsync("a", Cancellation);

        using (faults.FailAlways(FaultStep.Read))
        {
            await Assert.ThrowsAsync<StorageException>(() => parts.ListAsync(Cancellation));
            await Assert.ThrowsAsync<StorageException>(() => made.CheckAsync(Cancellation));
        }

        using (faults.FailAlways(FaultStep.Begin))
        {
            await Assert.ThrowsAsync<StorageException>(() => made.CheckWritableAsync(Cancellation));
            await Assert.ThrowsAsync<StorageException>(() => parts.DropAsync("a", Cancellation));
        }

        Assert.Equal(["a"], await parts.ListAsync(Cancellation));
        using (faults.FailAlways(FaultStep.AfterCommit))
        {
            await Assert.ThrowsAsync<StorageException>(() => parts.DropAsync("a", Cancellation));
        }

        await parts.DropAsync("a", Cancellation);
        Assert.Empty(await parts.ListAsync(Cancellation));
    }
}

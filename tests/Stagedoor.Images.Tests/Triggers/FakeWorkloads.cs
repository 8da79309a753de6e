using System.Collections.Concurrent;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>A small manager of workloads: the clusters of one account, and containers that have the image that was set last.</summary>
internal sealed class FakeWorkloads : IWorkloads
{
    public const string Cluster = "c0ffee00-0000-1111-2222-333344445555";

    private readonly ConcurrentDictionary<string, string> _images = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<WorkloadImage> _asked = [];

    /// <summary>Whether it answers.</summary>
    public bool IsDown { get; set; }

    /// <summary>What it waits for before it sets an image; it heeds whoever wants it to stop.</summary>
    public Func<WorkloadImage, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Every image that it was asked to set.</summary>
    public IReadOnlyCollection<WorkloadImage> Asked => _asked;

    /// <summary>What a container runs; null when nothing was set.</summary>
    public string? ImageOf(string container) => _images.GetValueOrDefault(container);

    public Task<bool> HasClusterAsync(string domainId, string clusterId, CancellationToken cancellationToken) =>
        IsDown ? throw new WorkloadsException("connection refused") : Task.FromResult(clusterId is Cluster);

    public async Task<WorkloadResult> SetImageAsync(WorkloadImage image, CancellationToken cancellationToken)
    {
        _asked.Enqueue(image);
        await Before(image).WaitAsync(cancellationToken);
        if (IsDown)
        {
            throw new WorkloadsException("connection refused");
        }

        if (image.Name is "absent")
        {
            return new(false, $"There is no {image.Kind} {image.Name} in {image.Namespace}.");
        }

        _images[$"{image.Namespace}/{image.Name}/{image.Container ?? "*"}"] = image.Image;
        return new(true, "");
    }
}

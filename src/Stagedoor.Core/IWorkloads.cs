namespace Stagedoor;

/// <summary>
/// The workloads of clusters, whose images are set when new ones are pushed. Who manages the clusters implements it; an installation may have nobody who
/// does.
/// </summary>
public interface IWorkloads
{
    /// <summary>Whether the account has this cluster.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="WorkloadsException">It could not be found out.</exception>
    Task<bool> HasClusterAsync(string domainId, string clusterId, CancellationToken cancellationToken);

    /// <summary>Has the containers of a workload run another image. Asked for again, perhaps because nobody heard the answer, it changes nothing.</summary>
    /// <exception cref="WorkloadsException">It could not be done now, and may be tried again.</exception>
    Task<WorkloadResult> SetImageAsync(WorkloadImage image, CancellationToken cancellationToken);
}

/// <summary>What a workload is to run.</summary>
public sealed record WorkloadImage
{
    /// <summary>The account that asks.</summary>
    public required string DomainId { get; init; }

    /// <summary>The cluster; null for workloads that run without one of their own.</summary>
    public required string? ClusterId { get; init; }

    /// <summary>The namespace in the cluster.</summary>
    public required string Namespace { get; init; }

    public required WorkloadKind Kind { get; init; }

    /// <summary>The workload's name.</summary>
    public required string Name { get; init; }

    /// <summary>The container whose image is set; null for all of them.</summary>
    public required string? Container { get; init; }

    /// <summary>The image with its tag, as it is pulled.</summary>
    public required string Image { get; init; }

    /// <summary>What the tag points to: the same tag may be another image than before.</summary>
    public required Digest Digest { get; init; }
}

/// <summary>What kind of workload it is.</summary>
public enum WorkloadKind
{
    Deployment,
    StatefulSet,
}

/// <summary>What became of it.</summary>
/// <param name="IsSet">Whether the workload has the image now.</param>
/// <param name="Detail">What was done, or why trying again would change nothing.</param>
public sealed record WorkloadResult(bool IsSet, string Detail);

/// <summary>Who manages the clusters did not answer, or not with an answer.</summary>
public sealed class WorkloadsException : Exception
{
    public WorkloadsException()
    {
    }

    public WorkloadsException(string message)
        : base(message)
    {
    }

    public WorkloadsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

namespace Stagedoor.Addons.Drivers;

/// <summary>What a driver can do besides: have workloads run other images. What it throws is a <see cref="DriverException"/>.</summary>
internal interface IWorkloadDriver
{
    /// <summary>Has the containers of a workload run an image; asked for again it changes nothing.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="workload">The workload, and what it is to run.</param>
    /// <param name="image">The image as it is written into the workload.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<WorkloadResult> SetImageAsync(ClusterConnection cluster, WorkloadImage workload, string image, CancellationToken cancellationToken);
}

using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Has workloads run other images. The field is another manager's than the add-on's, so that an upgrade treats it as its policy of conflicts says.</summary>
internal sealed partial class KubernetesDriver : IWorkloadDriver
{
    private const string ImageManager = "stagedoor-images";

    public async Task<WorkloadResult> SetImageAsync(ClusterConnection cluster, WorkloadImage workload, string image, CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster);
        if (await api.Kinds.FindAsync("apps/v1", workload.Kind.ToString(), cancellationToken) is not { } kind)
        {
            return WorkloadContainers.Missing(workload);
        }

        var path = kind.PathOf(workload.Namespace, workload.Name);
        if (await api.FindAsync(path, cancellationToken) is not { } live)
        {
            return WorkloadContainers.Missing(workload);
        }

        var containers = WorkloadContainers.Find(live, workload.Container);
        if (containers.Count == 0)
        {
            return WorkloadContainers.Without(workload);
        }

        var others = containers.Where(c => !string.Equals(c.Container.Text("image"), image, StringComparison.Ordinal)).ToList();
        if (others.Count == 0)
        {
            return WorkloadContainers.Set(workload, image);
        }

        // Containers are merged by their names: those that others add in between stay.
        var pod = new GoMap();
        foreach (var list in others.GroupBy(static c => c.List, static c => c.Container, StringComparer.Ordinal))
        {
            pod[list.Key] = new GoList(list.Select(c => new GoMap { ["name"] = c.Text("name"), ["image"] = image }));
        }

        var patch = new GoMap { ["spec"] = new GoMap { ["template"] = new GoMap { ["spec"] = pod } } };
        var answer = await api.PatchAsync($"{path}?fieldManager={ImageManager}", patch, cancellationToken);
        return answer.IsDone ? WorkloadContainers.Set(workload, image)
            : answer.Status == 404 ? WorkloadContainers.Missing(workload)
            : new(false, $"{WorkloadContainers.Named(workload)}: {answer.Message}");
    }
}

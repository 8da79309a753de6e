using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>
/// Has workloads run other images: the file of the workload is written anew, with its release. The record of the release stays as it is, so that the image is seen as
/// a difference, and an upgrade or a rollback brings the one of its chart.
/// </summary>
internal sealed partial class GitOpsDriver : IWorkloadDriver
{
    private const string WorkloadGroup = "apps";

    public async Task<WorkloadResult> SetImageAsync(ClusterConnection cluster, WorkloadImage workload, string image, CancellationToken cancellationToken)
    {
        var settings = Guarded(() => SettingsOf(cluster));
        GitOpsFolder folder;
        using (await LockAsync(settings, cluster.Id, cancellationToken))
        {
            if (Guarded(() => FindWorkload(settings, cluster.Id, workload)) is not var (key, inventory, file))
            {
                return WorkloadContainers.Missing(workload);
            }

            folder = new(files, settings, cluster.Id, key);
            if (Guarded(() => TextOf(folder, file)) is not { } text)
            {
                return new(false, $"The file of {WorkloadContainers.Named(workload)} is missing.");
            }

            if (Parse(text) is not { } content)
            {
                return new(false, $"The file of {WorkloadContainers.Named(workload)} is no YAML any more.");
            }

            var containers = WorkloadContainers.Find(content, workload.Container);
            if (containers.Count == 0)
            {
                return WorkloadContainers.Without(workload);
            }

            if (containers.Any(c => !string.Equals(c.Container.Text("image"), image, StringComparison.Ordinal)))
            {
                foreach (var (_, container) in containers)
                {
                    container["image"] = image;
                }

                Guarded(() => Rewrite(folder, key, inventory, file, GoText.Encode(YamlWriter.Write(content))));
            }
        }

        // Also where the file has the image already: whoever wrote it may have died before this.
        if (settings.Git is { } commit)
        {
            await git.CommitAsync(settings, commit, folder.Relative, $"{WorkloadContainers.Named(workload)} runs {image}", cancellationToken);
        }

        return WorkloadContainers.Set(workload, image);
    }

    private (ReleaseKey Key, Inventory Inventory, InventoryFile File)? FindWorkload(GitOpsSettings settings, string clusterId, WorkloadImage workload)
    {
        var kind = workload.Kind.ToString();
        foreach (var key in Keys(settings, clusterId))
        {
            new GitOpsFolder(files, settings, clusterId, key).Recover();
            if (FindOther(settings, clusterId, key) is { IsInstalled: true } inventory && inventory.Files.FirstOrDefault(f => !f.IsLeft && IsIt(f.Id, key)) is { } file)
            {
                return (key, inventory, file);
            }
        }

        return null;

        bool IsIt(ObjectId id, ReleaseKey key) => id.Group is WorkloadGroup && string.Equals(id.Kind, kind, StringComparison.Ordinal)
            && string.Equals(id.Name, workload.Name, StringComparison.Ordinal)
            && string.Equals(id.Namespace.Length > 0 ? id.Namespace : key.Namespace, workload.Namespace, StringComparison.Ordinal);
    }

    private static GoMap? Parse(string text)
    {
        try
        {
            return YamlReader.Read(text) as GoMap;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // All files of the release beside the changed one, which then take their place at once.
    private void Rewrite(GitOpsFolder folder, ReleaseKey key, Inventory inventory, InventoryFile changed, byte[] bytes)
    {
        files.CreateFolder(folder.New);
        var written = new List<InventoryFile>();
        foreach (var file in inventory.Files)
        {
            var path = Path.Combine(folder.Current, file.Name);
            var there = files.HasFile(path) ? files.Read(path) : null;
            if (file != changed)
            {
                // One that is missing stays so, and what people have changed is seen as before.
                if (there is not null)
                {
                    files.Write(Path.Combine(folder.New, file.Name), there);
                }

                written.Add(file);
                continue;
            }

            files.Write(Path.Combine(folder.New, file.Name), bytes);
            var wasUntouched = there is not null && string.Equals(GitOps.Inventory.HashOf(there), file.Sha256, StringComparison.Ordinal);
            written.Add(wasUntouched ? file with { Sha256 = GitOps.Inventory.HashOf(bytes) } : file);
        }

        WriteRest(folder, key, inventory with { Files = written });
        folder.Replace();
    }
}

using System.Runtime.CompilerServices;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>
/// Writes releases to files, for others to bring to clusters: <c>clusters/CLUSTER/NAMESPACE/RELEASE</c> with a file for each object, a
/// <c>kustomization.yaml</c> that names them, and <c>inventory.json</c> with the record of the release. Hooks are recorded and never run.
/// </summary>
/// <param name="roots">The folders under which a cluster may have its own; the first is where others are.</param>
/// <param name="files">The files.</param>
/// <param name="git">Commits them.</param>
/// <param name="clock">Measures waiting.</param>
internal sealed partial class GitOpsDriver(IReadOnlyList<string> roots, IGitOpsFiles files, GitRepository git, TimeProvider clock) : IClusterDriver
{
    public const string StateFolder = ".stagedoor";

    private const string KustomizationName = "kustomization.yaml";
    private const int EventEvery = 25;
    private const int MaxReads = 5;

    public string Name => "gitops";

    public ValueTask<ClusterFacts> ProbeAsync(ClusterConnection cluster, CancellationToken cancellationToken) => new(Guarded(() =>
    {
        var settings = SettingsOf(cluster);
        return files.HasFile(settings.Folder)
            ? throw new DriverUnavailableException("The folder of the cluster is no folder.")
            : KubernetesApis.Of(cluster.Version);
    }));

    public async ValueTask<ReleaseRecord?> ReadReleaseAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var folder = await OpenAsync(cluster, key, cancellationToken);
        return Guarded(() => Inventory(folder)) is { } inventory ? ReleaseCodec.Decode(inventory.Release) : null;
    }

    public ValueTask<IReadOnlyList<ReleaseSummary>> ListReleasesAsync(ClusterConnection cluster, string? @namespace, CancellationToken cancellationToken) =>
        new(Guarded<IReadOnlyList<ReleaseSummary>>(() => [.. Keys(SettingsOf(cluster), cluster.Id)
            .Where(k => @namespace is null || string.Equals(k.Namespace, @namespace, StringComparison.Ordinal))
            .Select(k => Summary(SettingsOf(cluster), cluster.Id, k)).OfType<ReleaseSummary>()]));

    public async ValueTask<DiffReport> DiffAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var folder = await OpenAsync(cluster, plan.Key, cancellationToken);
        return Guarded(() =>
        {
            var there = (Inventory(folder)?.Files ?? []).ToDictionary(static f => f.Id);
            var diffs = new List<ObjectDiff?>();
            foreach (var planned in plan.All)
            {
                diffs.Add(ObjectComparison.Between(planned.Id, there.Remove(planned.Id, out var file) ? TextOf(folder, file) : null, planned.Text));
            }

            diffs.AddRange(there.Values.Where(static f => !f.IsLeft).Select(f => (File: f, Text: TextOf(folder, f)))
                .Where(static f => f.Text is not null && !IsKept(f.File, f.Text))
                .Select(static f => ObjectComparison.Between(f.File.Id, f.Text, null)));
            return new DiffReport([.. diffs.OfType<ObjectDiff>()]);
        });
    }

    public async IAsyncEnumerable<OperationEvent> ApplyAsync(
        ClusterConnection cluster, ReleasePlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProcessSet.Refuse(plan, Name);
        var settings = Guarded(() => SettingsOf(cluster));
        var folder = Guarded(() => new GitOpsFolder(files, settings, cluster.Id, plan.Key));
        var record = Guarded(() => ReleaseCodec.Encode(plan.Record));
        using (await LockAsync(settings, cluster.Id, cancellationToken))
        {
            var current = Guarded(() => Begin(settings, cluster.Id, folder, plan));
            if (current is null || !Guarded(() => IsApplied(folder, current, plan, record)))
            {
                var written = new List<InventoryFile>();
                Guarded(() => files.CreateFolder(folder.New));
                List<(PlannedObject? Planned, InventoryFile? Left)> all = [.. plan.All.Select(static p => ((PlannedObject?)p, (InventoryFile?)null)), .. Left(current, plan).Select(static l => ((PlannedObject?)null, (InventoryFile?)l))];
                for (var i = 0; i < all.Count; i++)
                {
                    if (Guarded(() => Write(folder, i, all.Count, all[i].Planned, all[i].Left)) is { } file)
                    {
                        written.Add(file);
                    }

                    if (i % EventEvery == EventEvery - 1)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        yield return new($"{i + 1}/{all.Count} files written", i + 1, all.Count);
                    }
                }

                Guarded(() => WriteRest(folder, plan.Key, new(record, plan.Record.Status, plan.Revision, plan.Record.OwnerId, written)));
                if (plan.Confirm is { } confirm)
                {
                    await confirm(cancellationToken);
                }

                Guarded(folder.Replace);
                yield return new($"{all.Count}/{all.Count} files written", all.Count, all.Count);
            }
        }

        if (settings.Git is { } commit)
        {
            yield return new("Committing", 0, 1);
            await git.CommitAsync(settings, commit, folder.Relative, $"Release {plan.Key} revision {plan.Revision}", cancellationToken);
            yield return new("Committed", 1, 1);
        }
    }

    public async IAsyncEnumerable<OperationEvent> UninstallAsync(
        ClusterConnection cluster, ReleaseKey key, UninstallOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var settings = Guarded(() => SettingsOf(cluster));
        var folder = Guarded(() => new GitOpsFolder(files, settings, cluster.Id, key));
        using (await LockAsync(settings, cluster.Id, cancellationToken))
        {
            Guarded(folder.Recover);
            if (Guarded(() => Inventory(folder)) is { } current)
            {
                List<InventoryFile> kept = [.. Guarded(() => current.Files.Where(f => Stays(folder, f, options)).ToList())];
                if (current.IsInstalled || kept.Count < current.Files.Count)
                {
                    if (kept.Count > 0)
                    {
                        Guarded(() => WriteKept(folder, key, current, kept));
                    }

                    if (options.Confirm is { } confirm)
                    {
                        await confirm(cancellationToken);
                    }

                    Guarded(kept.Count > 0 ? folder.Replace : folder.Remove);
                }

                yield return new(kept.Count > 0 ? $"{kept.Count} objects stay" : "All files are gone", current.Files.Count, current.Files.Count);
            }
        }

        if (settings.Git is { } commit)
        {
            await git.CommitAsync(settings, commit, folder.Relative, $"Uninstall {key}", cancellationToken);
            yield return new("Committed", 1, 1);
        }
    }

    public async ValueTask<HealthReport> HealthAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var folder = await OpenAsync(cluster, key, cancellationToken);
        for (var reads = 1; ; reads++)
        {
            var before = Guarded(() => InventoryBytes(folder));
            if (before is null)
            {
                return new(HealthReport.Abnormal, "The files of the release are not there.", []);
            }

            var objects = Guarded(() => Drivers.GitOps.Inventory.Read(before).Files.Where(static f => !f.IsLeft).Select(f => HealthOf(folder, f)).ToList());

            // A revision that took its place in between has other files.
            if (reads == MaxReads || Guarded(() => InventoryBytes(folder)).AsSpan().SequenceEqual(before))
            {
                var wrong = objects.Where(static o => !o.IsReady).Select(static o => o.Message).ToList();
                return new(wrong.Count == 0 ? HealthReport.Running : HealthReport.Abnormal, Text.Cut(string.Join("; ", wrong), 2_000), objects);
            }
        }
    }

    // Whoever reads while two renames are between them, or after a cut there, would find nothing.
    private async Task<GitOpsFolder> OpenAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var settings = Guarded(() => SettingsOf(cluster));
        var folder = Guarded(() => new GitOpsFolder(files, settings, cluster.Id, key));
        if (Guarded(() => !folder.IsThere && folder.IsChanging))
        {
            using var held = await LockAsync(settings, cluster.Id, cancellationToken);
            Guarded(folder.Recover);
        }

        return folder;
    }

    private async Task<IDisposable> LockAsync(GitOpsSettings settings, string clusterId, CancellationToken cancellationToken)
    {
        var state = Path.Combine(settings.Folder, StateFolder);
        Guarded(() =>
        {
            if (!files.HasFile(Path.Combine(state, ".gitignore")))
            {
                files.CreateFolder(state);

                // What stands here is nobody's business but this program's.
                files.Write(Path.Combine(state, ".gitignore"), "*\n"u8);
            }
        });
        try
        {
            return await GitOpsLock.TakeAsync(files, Path.Combine(state, clusterId, "lock"), clock, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(e);
        }
    }

    private Inventory? Begin(GitOpsSettings settings, string clusterId, GitOpsFolder folder, ReleasePlan plan)
    {
        folder.Recover();
        var current = Inventory(folder);
        if (current is { IsInstalled: true } && string.Equals(current.OwnerId, plan.Record.OwnerId, StringComparison.Ordinal) && current.Revision > plan.Revision)
        {
            throw new DriverRejectedException(Reasons.Interrupted, $"Revision {current.Revision} is there already; this was revision {plan.Revision}.");
        }

        var wanted = plan.All.Select(static p => p.Id).ToHashSet();
        foreach (var other in Keys(settings, clusterId).Where(k => k != plan.Key))
        {
            if (FindOther(settings, clusterId, other) is { } inventory
                && inventory.Files.FirstOrDefault(f => !f.IsLeft && wanted.Contains(f.Id)) is { } taken)
            {
                throw new DriverRejectedException(Reasons.ApplyConflict, $"{taken.Id} belongs to the release {other}.");
            }
        }

        return current;
    }

    private Inventory? FindOther(GitOpsSettings settings, string clusterId, ReleaseKey key)
    {
        try
        {
            return Inventory(new(files, settings, clusterId, key));
        }
        catch (DriverException)
        {
            // One that cannot be read is its own operation's trouble.
            return null;
        }
    }

    private bool IsApplied(GitOpsFolder folder, Inventory current, ReleasePlan plan, string record) =>
        current.Revision == plan.Revision && string.Equals(current.Release, record, StringComparison.Ordinal)
        && current.Files.All(f => HealthOf(folder, f).IsReady) && files.HasFile(Path.Combine(folder.Current, KustomizationName));

    private static IEnumerable<InventoryFile> Left(Inventory? current, ReleasePlan plan)
    {
        var wanted = plan.All.Select(static p => p.Id).ToHashSet();
        return (current?.Files ?? []).Where(f => !wanted.Contains(f.Id));
    }

    // What holds data stays, and is written as it stands there; the rest of what is not wanted any more is just not written.
    private InventoryFile? Write(GitOpsFolder folder, int number, int count, PlannedObject? planned, InventoryFile? left)
    {
        byte[] bytes;
        if (planned is not null)
        {
            bytes = GoText.Encode(planned.Text);
        }
        else if (TextOf(folder, left!) is { } text && (left!.IsLeft || IsKept(left, text)))
        {
            bytes = GoText.Encode(text);
        }
        else
        {
            return null;
        }

        var id = planned?.Id ?? left!.Id;
        var name = GitOpsNames.Of(number, count, id);
        files.Write(Path.Combine(folder.New, name), bytes);
        return new(name, planned?.ApiVersion ?? left!.ApiVersion, id, GitOps.Inventory.HashOf(bytes), planned is null);
    }

    private void WriteKept(GitOpsFolder folder, ReleaseKey key, Inventory current, List<InventoryFile> kept)
    {
        files.CreateFolder(folder.New);
        var written = new List<InventoryFile>();
        foreach (var file in kept)
        {
            var bytes = GoText.Encode(TextOf(folder, file)!);
            files.Write(Path.Combine(folder.New, file.Name), bytes);
            written.Add(file with { IsLeft = true, Sha256 = GitOps.Inventory.HashOf(bytes) });
        }

        var record = ReleaseCodec.Decode(current.Release) with { Status = ReleaseStatus.Uninstalled };
        WriteRest(folder, key, current with { Release = ReleaseCodec.Encode(record), Status = record.Status, Files = written });
    }

    private void WriteRest(GitOpsFolder folder, ReleaseKey key, Inventory inventory)
    {
        var kustomization = new GoMap
        {
            ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
            ["kind"] = "Kustomization",
            ["resources"] = GoList.OfStrings(inventory.Files.Select(static f => f.Name)),
        };
        files.Write(Path.Combine(folder.New, KustomizationName), GoText.Encode(YamlWriter.Write(kustomization)));
        files.Write(Path.Combine(folder.New, GitOps.Inventory.FileName), inventory.Write(key));
    }

    private bool Stays(GitOpsFolder folder, InventoryFile file, UninstallOptions options) =>
        TextOf(folder, file) is { } text && (file.Id.Kind is "CustomResourceDefinition" ? !options.DeletesCustomResources : file.IsLeft || Read(file, text) is { IsNamedKept: true });

    private static bool IsKept(InventoryFile file, string text) => Read(file, text).IsKept;

    // A file that is no YAML any more says nothing of itself.
    private static PlannedObject Read(InventoryFile file, string text)
    {
        GoMap? content = null;
        try
        {
            content = YamlReader.Read(text) as GoMap;
        }
        catch (FormatException)
        {
            // Its kind alone decides.
        }

        return new(file.ApiVersion, file.Id, text, content ?? []);
    }

    private ObjectHealth HealthOf(GitOpsFolder folder, InventoryFile file)
    {
        var path = Path.Combine(folder.Current, file.Name);
        try
        {
            return !files.HasFile(path) ? new(file.Id, false, $"{file.Name} is missing")
                : string.Equals(GitOps.Inventory.HashOf(files.Read(path)), file.Sha256, StringComparison.Ordinal) ? new(file.Id, true, "")
                : new(file.Id, false, $"{file.Name} was changed");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Gone since it was looked for.
            return new(file.Id, false, $"{file.Name} is missing");
        }
    }

    private string? TextOf(GitOpsFolder folder, InventoryFile file)
    {
        var path = Path.Combine(folder.Current, file.Name);
        return files.HasFile(path) ? GoText.Decode(files.Read(path)) : null;
    }

    private Inventory? Inventory(GitOpsFolder folder) => InventoryBytes(folder) is { } bytes ? GitOps.Inventory.Read(bytes) : null;

    private byte[]? InventoryBytes(GitOpsFolder folder)
    {
        if (files.HasFile(folder.Current))
        {
            throw new DriverUnavailableException("A file stands where the folder of the release has to be.");
        }

        if (!files.HasFolder(folder.Current))
        {
            return null;
        }

        var path = Path.Combine(folder.Current, GitOps.Inventory.FileName);
        return files.HasFile(path) ? files.Read(path) : throw new DriverUnavailableException($"{GitOps.Inventory.FileName} of the release is not there.");
    }

    private IEnumerable<ReleaseKey> Keys(GitOpsSettings settings, string clusterId)
    {
        var top = Path.Combine(settings.Folder, "clusters", clusterId);
        return !files.HasFolder(top) ? [] : files.ListFolders(top).Where(GitOpsNames.IsFolderName)
            .SelectMany(ns => files.ListFolders(Path.Combine(top, ns)).Where(GitOpsNames.IsFolderName).Select(name => new ReleaseKey(ns, name)));
    }

    private ReleaseSummary? Summary(GitOpsSettings settings, string clusterId, ReleaseKey key)
    {
        try
        {
            return Inventory(new(files, settings, clusterId, key)) is { IsInstalled: true } inventory ? ReleaseSummary.Of(ReleaseCodec.Decode(inventory.Release)) : null;
        }
        catch (DriverException)
        {
            return new(key, 0, ReleaseStatus.Unknown, "", "", 0);
        }
    }

    public void Check(GoMap config) => GitOpsSettings.Read(config, roots);

    private GitOpsSettings SettingsOf(ClusterConnection cluster)
    {
        try
        {
            return GitOpsSettings.Read(cluster.Config, roots);
        }
        catch (FormatException e)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, e.Message, e);
        }
    }

    private static void Guarded(Action work) => Guarded<object?>(() =>
    {
        work();
        return null;
    });

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(e);
        }
    }

    // The words of the file system hold paths of this machine.
    private static DriverUnavailableException Unavailable(Exception e) => new(
        e is DirectoryNotFoundException or FileNotFoundException ? "A folder of the cluster is not there."
            : e is UnauthorizedAccessException ? "A folder of the cluster must not be read or written." : "The files of the cluster cannot be read or written.",
        e);
}

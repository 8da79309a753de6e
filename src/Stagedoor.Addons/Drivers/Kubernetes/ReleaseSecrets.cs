using System.Globalization;
using System.Text;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>The records of releases in a cluster, where Helm keeps its own: a secret for each revision.</summary>
internal sealed class ReleaseSecrets(ClusterApi api, TimeProvider clock)
{
    private const string SecretType = "helm.sh/release.v1";
    private const int KeptRevisions = 10;

    // Each has at most 1.4 MiB in base64, and no answer may be larger than 64.
    private const int PageSize = 40;
    private const int MaxRestarts = 3;

    /// <summary>The revisions of a release, the latest first.</summary>
    public async Task<IReadOnlyList<ReleaseSecret>> ListAsync(ReleaseKey key, CancellationToken cancellationToken) =>
        await ListAsync(key.Namespace, $"name={key.Name},owner=helm", static all => all, cancellationToken);

    /// <summary>The latest revisions of all releases, or of those in a namespace.</summary>
    public Task<IReadOnlyList<ReleaseSecret>> ListLatestAsync(string? @namespace, CancellationToken cancellationToken) => ListAsync(
        @namespace ?? "", "owner=helm", static all => all.GroupBy(static s => s.Key).Select(static g => g.MaxBy(static s => s.Revision)!), cancellationToken);

    /// <summary>Writes a revision, new or again.</summary>
    public async Task WriteAsync(ReleaseRecord record, CancellationToken cancellationToken)
    {
        var path = PathOf(record.Key.Namespace, "");
        var name = NameOf(record.Key, record.Revision);
        var now = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var secret = new GoMap
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new GoMap
            {
                ["name"] = name,
                ["namespace"] = record.Key.Namespace,
                ["labels"] = new GoMap
                {
                    ["name"] = record.Key.Name,
                    ["owner"] = "helm",
                    ["status"] = record.Status,
                    ["version"] = record.Revision.ToString(CultureInfo.InvariantCulture),
                    ["modifiedAt"] = now,
                },
            },
            ["type"] = SecretType,
            ["data"] = new GoMap { ["release"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(ReleaseCodec.Encode(record))) },
        };
        var answer = await api.PostAsync(path, secret, cancellationToken);
        if (answer.Status == 409)
        {
            answer = await api.PutAsync($"{path}/{name}", secret, cancellationToken);
        }

        if (!answer.IsDone)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"The record of release {record.Key} cannot be written: {answer.Message}");
        }
    }

    /// <summary>A revision has been brought to the cluster: those before it are of the past, and those long before it go.</summary>
    public async Task EndAsync(ReleaseRecord record, CancellationToken cancellationToken)
    {
        await WriteAsync(record with { Status = ReleaseStatus.Deployed }, cancellationToken);
        var all = await ListAsync(record.Key, cancellationToken);
        var others = all.Where(s => s.Revision < record.Revision).ToList();
        foreach (var old in others.Where(static s => s.Status is ReleaseStatus.Deployed))
        {
            if (old.TryDecode() is { } before)
            {
                await WriteAsync(before with { Status = ReleaseStatus.Superseded }, cancellationToken);
            }
            else
            {
                await api.MergeAsync(
                    PathOf(record.Key.Namespace, old.Name), new() { ["metadata"] = new GoMap { ["labels"] = new GoMap { ["status"] = ReleaseStatus.Superseded } } }, cancellationToken);
            }
        }

        // A greater number is of an earlier life under the same name.
        foreach (var old in others.Skip(KeptRevisions - 1).Concat(all.Where(s => s.Revision > record.Revision)))
        {
            await api.DeleteAsync(PathOf(record.Key.Namespace, old.Name), cancellationToken);
        }
    }

    /// <summary>Takes all revisions of a release away.</summary>
    public async Task DeleteAsync(ReleaseKey key, CancellationToken cancellationToken)
    {
        // The latest goes last: whoever is cut off here finds it again, and none of those before it for what is installed.
        foreach (var secret in (await ListAsync(key, cancellationToken)).Reverse())
        {
            var answer = await api.DeleteAsync(PathOf(key.Namespace, secret.Name), cancellationToken);
            if (!answer.IsDone && answer.Status != 404)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"The record of release {key} cannot be deleted: {answer.Message}");
            }
        }
    }

    // Page by page, and of each page only what is asked for stays in memory.
    private async Task<IReadOnlyList<ReleaseSecret>> ListAsync(
        string @namespace, string selector, Func<IEnumerable<ReleaseSecret>, IEnumerable<ReleaseSecret>> keep, CancellationToken cancellationToken)
    {
        var first = $"{PathOf(@namespace, "")}?labelSelector={Uri.EscapeDataString(selector)}&limit={PageSize}";
        List<ReleaseSecret> found = [];
        for (var (next, restarts) = ("", 0); ;)
        {
            var answer = await api.GetAsync(next.Length > 0 ? $"{first}&continue={Uri.EscapeDataString(next)}" : first, cancellationToken);
            if (answer.Status == 410 && restarts < MaxRestarts)
            {
                // The list is too old by now to be gone on with.
                (next, restarts) = ("", restarts + 1);
                found.Clear();
                continue;
            }

            if (answer is { IsDone: false, Status: not 404 })
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"The records of releases cannot be listed: {answer.Message}");
            }

            var page = answer.Body.List("items").OfType<GoMap>().Where(static s => s.Text("type") is SecretType).Select(ReleaseSecret.Of).OfType<ReleaseSecret>();
            found = [.. keep(found.Concat(page))];
            next = (answer.Body.Table("metadata") ?? []).Text("continue");
            if (next.Length == 0)
            {
                return [.. found.OrderByDescending(static s => s.Revision)];
            }
        }
    }

    private static string NameOf(ReleaseKey key, int revision) => string.Create(CultureInfo.InvariantCulture, $"sh.helm.release.v1.{key.Name}.v{revision}");

    private static string PathOf(string @namespace, string name) =>
        $"/api/v1{(@namespace.Length > 0 ? "/namespaces/" + Uri.EscapeDataString(@namespace) : "")}/secrets{(name.Length > 0 ? "/" + Uri.EscapeDataString(name) : "")}";
}

/// <summary>A revision of a release, as it is kept.</summary>
internal sealed record ReleaseSecret(ReleaseKey Key, string Name, int Revision, string Status, string Release)
{
    /// <summary>The revision of a secret; <c>null</c> for one that has no number.</summary>
    public static ReleaseSecret? Of(GoMap secret)
    {
        var labels = secret.Table("metadata.labels") ?? [];
        var metadata = secret.Table("metadata") ?? [];
        return int.TryParse(labels.Text("version"), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? new(new(metadata.Text("namespace"), labels.Text("name")), metadata.Text("name"), revision, labels.Text("status"), (secret.Table("data") ?? []).Text("release"))
            : null;
    }

    /// <summary>What was recorded.</summary>
    /// <exception cref="DriverDataException">It cannot be read.</exception>
    public ReleaseRecord Decode()
    {
        try
        {
            return ReleaseCodec.Decode(Encoding.ASCII.GetString(Convert.FromBase64String(Release)));
        }
        catch (FormatException e)
        {
            throw new DriverDataException($"The record {Name} of release {Key} is no base64.", e);
        }
    }

    /// <summary>The same; <c>null</c> where it cannot be read.</summary>
    public ReleaseRecord? TryDecode()
    {
        try
        {
            return Decode();
        }
        catch (DriverDataException)
        {
            return null;
        }
    }
}

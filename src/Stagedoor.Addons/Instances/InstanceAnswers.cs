using System.Text.Json;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>Makes answers of instances: with what the catalogue says of their versions, and to which they can be upgraded.</summary>
internal sealed class InstanceAnswers(InstanceStore instances, TemplateStore templates, ClusterStore clusters)
{
    /// <summary>One instance.</summary>
    /// <exception cref="ApiException">What is stored of it cannot be understood.</exception>
    public async Task<InstanceView> OfAsync(Instance instance, CancellationToken cancellationToken)
    {
        var cluster = await clusters.FindAsync(instance.ProjectId, instance.ClusterId, cancellationToken);
        if (FindProblem(instance) is { } problem)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, problem);
        }

        return (await OfAsync([instance], cluster, cancellationToken))[0];
    }

    /// <summary>Those of one cluster. One that cannot be understood is there without its values.</summary>
    public async Task<IReadOnlyList<InstanceView>> OfAsync(IReadOnlyList<Instance> some, Cluster? cluster, CancellationToken cancellationToken)
    {
        if (some.Count == 0)
        {
            return [];
        }

        var domainId = some[0].DomainId;
        var names = some.Count == 1 ? some[0].Template : null;
        IReadOnlyList<AddonTemplate> catalogue = names is null
            ? await templates.ListAsync(domainId, cancellationToken)
            : await templates.FindAsync(domainId, names, cancellationToken) is { } one ? [one] : [];
        var byName = catalogue.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var versions = (await templates.ListVersionsAsync(domainId, names, cancellationToken)).ToLookup(static v => v.Template, StringComparer.Ordinal);
        var rollbackable = await instances.FindRollbackableAsync([.. some.Select(static i => i.Id)], cancellationToken);

        // Versions by the hundred say the same of their clusters, in expressions that take long to compile.
        var known = new Dictionary<(string, string), bool>();
        bool Fits(AddonVersion version) => cluster is not null && (known.TryGetValue((version.SupportVersions, version.KubeVersion), out var fits) ? fits
            : known[(version.SupportVersions, version.KubeVersion)] = AddonRules.Fits(version, cluster));
        return [.. some.Select(i => Of(i, byName.GetValueOrDefault(i.Template) ?? new() { Name = i.Template }, [.. versions[i.Template]], Fits, rollbackable.Contains(i.Id)))];
    }

    private static InstanceView Of(Instance instance, AddonTemplate template, IReadOnlyList<AddonVersion> versions, Func<AddonVersion, bool> fits, bool isRollbackable)
    {
        var broken = FindProblem(instance);
        var version = versions.FirstOrDefault(v => string.Equals(v.Version, instance.Version, StringComparison.Ordinal))
            ?? new() { Version = instance.Version, CreatedAt = instance.CreatedAt, UpdatedAt = instance.UpdatedAt };
        var annotations = broken is null ? JsonSerializer.Deserialize(instance.Annotations, InstancesJson.Wire.DictionaryStringString) : null;
        return new(
            "Addon",
            "v3",
            new(
                instance.Id, instance.Template, template.Alias.Length > 0 ? template.Alias : null, annotations is { Count: > 0 } ? annotations : null,
                RequestBody.Time(instance.CreatedAt), RequestBody.Time(instance.UpdatedAt)),
            new(
                instance.ClusterId, instance.Version, instance.Template, template.Type, template.LogoUrl, new(template.Labels), template.Description,
                new(broken is null ? instance.ValuesJson : "{}")),
            new(
                instance.Status, instance.Reason, broken ?? instance.Message, new(Targets(instance, versions, fits)), isRollbackable && !instance.IsBusy,
                instance.PreviousVersion.Length > 0 ? instance.PreviousVersion : null, CurrentVersion.Of(version)));
    }

    // The versions that it can be upgraded to.
    private static string Targets(Instance instance, IReadOnlyList<AddonVersion> versions, Func<AddonVersion, bool> fits)
    {
        if (instance.Status is InstanceStatus.InstallFailed)
        {
            return "null";
        }

        var current = ChartVersion.Parse(instance.Version);
        List<string> targets = [.. versions
            .Where(v => v.Removing == 0 && fits(v)).Select(static v => (Name: v.Version, Number: ChartVersion.Parse(v.Version)))
            .Where(v => v.Number is not null && v.Number.CompareTo(current) > 0).OrderBy(static v => v.Number).Select(static v => v.Name)];
        return targets.Count == 0 ? "null" : JsonSerializer.Serialize(targets, InstancesJson.Wire.IReadOnlyListString);
    }

    private static string? FindProblem(Instance instance)
    {
        try
        {
            if (JsonElement.Parse(instance.ValuesJson).ValueKind is not JsonValueKind.Object
                || JsonSerializer.Deserialize(instance.Annotations, InstancesJson.Wire.DictionaryStringString) is null)
            {
                return "what is stored of the instance is no JSON object";
            }
        }
        catch (JsonException e)
        {
            return $"what is stored of the instance is no JSON: {e.Message}";
        }

        return null;
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>Begins installs: finds the version, asks what speaks against it, and writes the instance with its job.</summary>
internal sealed class Install(
    InstanceStore instances, TemplateStore templates, PackageStore packages, ClusterVersions clusterVersions, IdSource ids)
{
    private const int MaxDependencies = 50;

    // How often a version may be published anew while somebody installs it.
    private const int MaxTries = 3;

    /// <summary>Begins to install an add-on.</summary>
    /// <param name="order">What to install.</param>
    /// <param name="cluster">Where.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">It cannot be installed.</exception>
    public async Task<Instance> BeginAsync(InstallOrder order, Cluster cluster, CancellationToken cancellationToken)
    {
        cluster = await WithVersionAsync(cluster, cancellationToken);
        for (var tries = 1; ; tries++)
        {
            var begun = await TryBeginAsync(order, cluster, cancellationToken);
            if (begun.Outcome is not BegunOutcome.VersionChanged || tries == MaxTries)
            {
                return await RequireAsync(begun, order.Template, cluster, cancellationToken);
            }
        }
    }

    private async Task<BegunOperation> TryBeginAsync(InstallOrder order, Cluster cluster, CancellationToken cancellationToken)
    {
        var rules = new AddonRules(await templates.ListRulesAsync(order.DomainId, cancellationToken));
        var version = await FindVersionAsync(order, cluster, rules, cancellationToken);
        if (cluster.Phase is not Cluster.Available)
        {
            throw new ApiException(AddonsCodes.ClusterNotSupported, $"the cluster is {cluster.Phase}");
        }

        if (AddonRules.FindProblem(version, cluster) is { } problem)
        {
            throw new ApiException(AddonsCodes.ClusterNotSupported, problem);
        }

        var behind = order.InstallsDependencies ? await InstallDependenciesAsync(order, version, cluster, rules, cancellationToken) : [];
        return await TryBeginAsync(order, version, cluster, rules, behind, cancellationToken);
    }

    /// <summary>The instances to be of a cluster that is not there yet, with what they require.</summary>
    /// <param name="orders">What is asked for.</param>
    /// <param name="defaults">What is installed where the cluster supports it.</param>
    /// <param name="cluster">The cluster to be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">Something cannot be installed.</exception>
    public async Task<IReadOnlyList<Instance>> PlanAsync(
        IReadOnlyList<InstallOrder> orders, IReadOnlyList<InstallOrder> defaults, Cluster cluster, CancellationToken cancellationToken)
    {
        cluster = await WithVersionAsync(cluster, cancellationToken);
        var rules = new AddonRules(await templates.ListRulesAsync(cluster.DomainId, cancellationToken));
        var chosen = new List<(InstallOrder Order, AddonVersion Version)>();
        foreach (var order in orders)
        {
            chosen.Add((order, await FindVersionAsync(order, cluster, rules, cancellationToken)));
        }

        chosen.AddRange(defaults.Select(o => (o, rules.FindNewest(o.Template, cluster, static _ => true)!)).Where(static c => c.Item2 is not null));
        var planned = new Dictionary<string, Instance>(StringComparer.Ordinal);
        foreach (var (order, version) in chosen.ToList())
        {
            await VisitAsync(order, version, []);
        }

        IReadOnlyList<Instance> all = [.. planned.Values];
        return chosen.Select(c => rules.FindProblem(c.Version, all)).OfType<string>().FirstOrDefault() is { } problem
            ? throw new ApiException(AddonsCodes.ClusterNotSupported, problem)
            : all;

        async Task<string> VisitAsync(InstallOrder order, AddonVersion version, IReadOnlyList<string> path)
        {
            if (path.Contains(version.Template, StringComparer.Ordinal))
            {
                throw AddonsError.Invalid("metadata.annotations", $"the add-ons require one another in a circle: {string.Join(" > ", path.Append(version.Template))}");
            }

            if (planned.TryGetValue(version.Template, out var present))
            {
                return present.Id;
            }

            if (AddonRules.FindProblem(version, cluster) is { } problem)
            {
                throw new ApiException(AddonsCodes.ClusterNotSupported, problem);
            }

            var behind = new List<string>();
            foreach (var requirement in Requirement.Read(version.Requires))
            {
                var (first, needed) = chosen.Find(c => requirement.IsMetBy(c.Version.Template, c.Version.Version));
                if (needed is null)
                {
                    needed = requirement.Alternatives.Select(a => a.Name is null || chosen.Exists(c => string.Equals(c.Version.Template, a.Name, StringComparison.Ordinal)) ? null : rules.FindNewest(a.Name, cluster, a.Takes))
                            .OfType<AddonVersion>().FirstOrDefault()
                        ?? throw new ApiException(
                            AddonsCodes.ClusterNotSupported, $"{version.Template} {version.Version} requires {requirement}, of which no version that the cluster supports is published");
                    first = order with { Template = needed.Template, Version = needed.Version, Values = JsonElement.Parse("{}") };
                    chosen.Add((first, needed));
                }

                behind.Add(await VisitAsync(first, needed, [.. path, version.Template]));
            }

            var instance = new Instance
            {
                Id = ids.NewGuid().ToString("D"),
                DomainId = cluster.DomainId,
                ClusterId = cluster.Id,
                ProjectId = cluster.ProjectId,
                Template = version.Template,
                Version = version.Version,
                ValuesJson = await CheckValuesAsync(version, order.Values, null, cluster, cancellationToken),
                Annotations = order.Annotations,
                Status = InstanceStatus.Installing,
                Actor = order.Actor,
                Behind = behind,
                Digest = version.Digest,
            };
            planned.Add(version.Template, instance);
            return instance.Id;
        }
    }

    /// <summary>The values of an install as they are kept.</summary>
    /// <exception cref="ApiException">They are not what the version takes.</exception>
    public async Task<string> CheckValuesAsync(AddonVersion version, JsonElement? given, string? before, Cluster cluster, CancellationToken cancellationToken)
    {
        var text = InstanceValues.Merge(version.Input, given, before);
        Chart chart;
        try
        {
            chart = await packages.FindChartAsync(version.LibraryId, version.Digest, cancellationToken)
                ?? throw new ApiException(AddonsCodes.AddonNotFound, $"the package of {version.Template} {version.Version} is gone");
        }
        catch (FormatException e)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"{version.Template} {version.Version}: {e.Message}", e);
        }

        InstanceValues.Check(chart, InstanceValues.WithCluster(chart, (GoMap)JsonText.Read(text)!, cluster.ProjectId, cluster.Id, cluster.Name));
        return text;
    }

    private async Task<BegunOperation> TryBeginAsync(
        InstallOrder order, AddonVersion version, Cluster cluster, AddonRules rules, IReadOnlyList<string> behind, CancellationToken cancellationToken)
    {
        // Said here already, since values are looked at only where the add-on could be installed; it is decided again with the instance.
        var installed = await instances.ListAsync(cluster.Id, cancellationToken);
        if (rules.FindProblem(version, installed) is { } problem)
        {
            return new(BegunOutcome.Refused, Message: problem);
        }

        // One that the same request has made a moment before is found with it.
        if (order.Token is null && installed.FirstOrDefault(i => string.Equals(i.Template, version.Template, StringComparison.Ordinal)) is { } present)
        {
            return new(BegunOutcome.Present, present);
        }

        var instance = new Instance
        {
            Id = ids.NewGuid().ToString("D"),
            DomainId = order.DomainId,
            ClusterId = cluster.Id,
            ProjectId = cluster.ProjectId,
            Template = version.Template,
            Version = version.Version,
            ValuesJson = await CheckValuesAsync(version, order.Values, null, cluster, cancellationToken),
            Annotations = order.Annotations,
            Actor = order.Actor,
            Behind = behind,
            Digest = version.Digest,
        };
        return await instances.InstallAsync(instance, order.Token, (now, versions) => rules.With(versions).FindProblem(version, now), cancellationToken);
    }

    private async Task<Instance> RequireAsync(BegunOperation begun, string template, Cluster cluster, CancellationToken cancellationToken) => begun.Outcome switch
    {
        BegunOutcome.Begun => begun.Instance!,
        BegunOutcome.TokenTaken => throw AddonsError.Invalid(CreateAddonInstance.TokenHeader, "was sent with another body before"),
        BegunOutcome.VersionChanged => throw AddonsError.Busy($"{template} is published anew all the time"),
        BegunOutcome.Answered => await instances.FindAsync(cluster.ProjectId, begun.AnsweredId, cancellationToken) ?? throw AddonsError.Busy("the instance of the same request is being removed"),
        BegunOutcome.ClusterGone => throw AddonsError.ClusterNotFound(cluster.Id),
        BegunOutcome.VersionGone => throw AddonsError.VersionNotFound(template, begun.Message),
        BegunOutcome.Refused => throw new ApiException(AddonsCodes.ClusterNotSupported, begun.Message),
        _ => throw AddonsError.Installed(begun.Instance!),
    };

    private async Task<AddonVersion> FindVersionAsync(InstallOrder order, Cluster cluster, AddonRules rules, CancellationToken cancellationToken)
    {
        if (!Text.IsStorable(order.Template) || await templates.FindAsync(order.DomainId, order.Template, cancellationToken) is null)
        {
            throw AddonsError.TemplateNotFound(order.Template);
        }

        var number = order.Version;
        if (string.IsNullOrEmpty(number))
        {
            number = rules.FindNewest(order.Template, cluster, static _ => true)?.Version
                ?? throw new ApiException(AddonsCodes.ClusterNotSupported, $"no version of {order.Template} is for clusters of type {cluster.Type}, category {cluster.Category} and version {cluster.Version}");
        }

        return Text.IsStorable(number) && await templates.FindVersionAsync(order.DomainId, order.Template, number, cancellationToken) is { Removing: 0 } version
            ? version
            : throw AddonsError.VersionNotFound(order.Template, number);
    }

    // Those that are missing, each behind what it requires itself.
    private async Task<IReadOnlyList<string>> InstallDependenciesAsync(
        InstallOrder order, AddonVersion wanted, Cluster cluster, AddonRules rules, CancellationToken cancellationToken)
    {
        var installed = (await instances.ListAsync(cluster.Id, cancellationToken)).ToList();
        var planned = new List<AddonVersion>();
        var needs = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        Visit(wanted, []);
        var begun = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var version in planned.Where(v => !string.Equals(v.Template, wanted.Template, StringComparison.Ordinal)))
        {
            var first = new InstallOrder
            {
                DomainId = order.DomainId,
                Template = version.Template,
                Version = version.Version,
                Values = JsonElement.Parse("{}"),
                Actor = order.Actor,
            };

            // Another request may have begun with it since: it is waited for all the same.
            var started = await TryBeginAsync(first, version, cluster, rules, Behind(version.Template), cancellationToken);
            begun[version.Template] = (started.Outcome is BegunOutcome.Present ? started.Instance! : await RequireAsync(started, version.Template, cluster, cancellationToken)).Id;
        }

        return Behind(wanted.Template);

        IReadOnlyList<string> Behind(string template) => [.. needs[template].Select(begun.GetValueOrDefault).OfType<string>()];

        void Visit(AddonVersion version, IReadOnlyList<string> path)
        {
            if (path.Contains(version.Template, StringComparer.Ordinal))
            {
                throw AddonsError.Invalid("spec.addonTemplateName", $"the add-ons require one another in a circle: {string.Join(" > ", path.Append(version.Template))}");
            }

            if (planned.Exists(p => string.Equals(p.Template, version.Template, StringComparison.Ordinal)))
            {
                return;
            }

            needs[version.Template] = [];
            foreach (var missing in AddonRules.Missing(version, installed))
            {
                var chosen = missing.Alternatives.Select(a => a.Name is null ? null : rules.FindNewest(a.Name, cluster, a.Takes)).OfType<AddonVersion>().FirstOrDefault()
                    ?? throw new ApiException(AddonsCodes.ClusterNotSupported, $"{version.Template} {version.Version} requires {missing}, of which no version that the cluster supports is published");
                needs[version.Template].Add(chosen.Template);
                Visit(chosen, [.. path, version.Template]);
            }

            planned.Add(version);
            if (planned.Count > MaxDependencies)
            {
                throw AddonsError.Invalid("spec.addonTemplateName", $"requires more than {MaxDependencies} other add-ons");
            }
        }
    }

    // A cluster that does not answer, or with what nobody understands, is no reason to refuse: whoever does the work asks it again.
    private async Task<Cluster> WithVersionAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            return await clusterVersions.FillAsync(cluster, cancellationToken);
        }
        catch (DriverDataException)
        {
            return cluster;
        }
    }
}

/// <summary>An install that is asked for.</summary>
internal sealed record InstallOrder
{
    public required string DomainId { get; init; }

    public required string Template { get; init; }

    /// <summary>Empty for the newest that the cluster supports.</summary>
    public string? Version { get; init; }

    public JsonElement? Values { get; init; }

    /// <summary>A JSON object of texts.</summary>
    public string Annotations { get; init; } = "{}";

    /// <summary>Whether what it requires is installed first.</summary>
    public bool InstallsDependencies { get; init; }

    /// <summary>The name of the user who asks.</summary>
    public required string Actor { get; init; }

    public ClientToken? Token { get; init; }

    /// <summary>What makes a body the same as another one.</summary>
    public static string HashOf(JsonElement body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body.GetRawText())));
}

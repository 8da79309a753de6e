using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Addons;

/// <summary>Errors of the add-on manager with their facts.</summary>
internal static partial class AddonsError
{
    /// <summary>The body, a field or a parameter is not what it has to be.</summary>
    /// <param name="field">What it is about, as the request names it.</param>
    /// <param name="reason">What is wrong, or what it has to be.</param>
    public static ApiException Invalid(string field, string reason) => new(AddonsCodes.InvalidBody, $"{field}: {reason}");

    /// <summary>The package is not what it has to be.</summary>
    /// <param name="problem">The file in it, and the reason.</param>
    /// <param name="inner">The cause.</param>
    public static ApiException InvalidPackage(string problem, Exception? inner = null) => new(AddonsCodes.InvalidBody, $"content: {Text.Repair(problem)}", inner);

    public static ApiException Forbidden(string action, bool inAccount) => new(AddonsCodes.Forbidden, $"{action} is not allowed to your roles; {AddonsModule.Administrator} would allow it")
    {
        Decision = new(
            DecisionStage.Policy,
            new("action", action),
            new("needs one of the roles", $"{AddonsModule.Administrator}, {RoleNames.TenantAdministrator}"),
            new("smallest grant", $"{AddonsModule.Administrator} in {(inAccount ? "the account" : "the project")}"))
        {
            Change = Grants.OfRole(AddonsModule.Administrator, !inAccount),
        },
    };

    public static ApiException NoProject() => new(AddonsCodes.Forbidden, "the credential is for no project; call with a token of a project, or a signature with X-Project-Id");

    public static ApiException OtherProject() => new(AddonsCodes.Forbidden, "the credential is not for the project that the path names");

    /// <summary>There is no credential, or it is none.</summary>
    public static ApiException Unauthorized(string reason) => new(AddonsCodes.Unauthorized, reason);

    public static ApiException TemplateNotFound(string name) => new(AddonsCodes.AddonNotFound, $"there is no add-on template {Text.Repair(Text.Cut(name, 100))}");

    public static ApiException VersionNotFound(string name, string version) =>
        new(AddonsCodes.AddonNotFound, $"the add-on template {Text.Repair(Text.Cut(name, 100))} has no version {Text.Repair(Text.Cut(version, 100))}");

    /// <summary>A version is installed, or about to be.</summary>
    public static ApiException VersionInUse(string name, Templates.VersionUses uses) => new(
        AddonsCodes.VersionInUse,
        $"{name} is used by {string.Join(", ", uses.Named)}{(uses.All > uses.Named.Count ? $" and {uses.All - uses.Named.Count} more" : "")}");

    public static ApiException ClusterNotFound(string id) => new(AddonsCodes.NotFound, $"cluster {Text.Repair(Text.Cut(id, 100))} does not exist in the project");

    /// <summary>The cluster takes nothing in any more.</summary>
    public static ApiException ClusterGoing() => new(AddonsCodes.ClusterNotSupported, $"the cluster is {Clusters.Cluster.Deleting}");

    public static ApiException InstanceNotFound(string id) => new(AddonsCodes.AddonNotFound, $"there is no add-on instance {Text.Repair(Text.Cut(id, 100))}");

    /// <summary>The cluster has an instance of the template.</summary>
    public static ApiException Installed(Instances.Instance instance) => new(AddonsCodes.Installed, $"{instance.Template} is in the cluster {instance.ClusterId} already");

    /// <summary>Something is under way.</summary>
    public static ApiException Busy(string problem) => new(AddonsCodes.Locked, problem) { Headers = [new("Retry-After", "5")] };

    public static ApiException ReleaseNotFound(Releases.ReleaseKey key) =>
        new(AddonsCodes.NotFound, $"there is no release {Text.Repair(Text.Cut(key.Name, 100))} in the namespace {Text.Repair(Text.Cut(key.Namespace, 100))}");

    public static ApiException RevisionNotFound(Releases.ReleaseKey key, int number) => new(
        AddonsCodes.NotFound, number == 0 ? $"the release {key} has no revision before this one that was brought to the cluster" : $"the release {key} has no revision {number} any more");

    public static ApiException ReleaseThere(Releases.ReleaseKey key) =>
        new(AddonsCodes.Conflict, $"there is a release {key.Name} in the namespace {key.Namespace} already; upgrade it, or say replace in parameters where its install has failed");

    public static ApiException ReleaseOfAddon(Releases.ReleaseKey key, string instance) =>
        new(AddonsCodes.Conflict, $"the release {key} belongs to the add-on instance {instance}; change that with /api/v3/addons/{instance}");

    /// <summary>Something is done to the release.</summary>
    public static ApiException ReleaseBusy(Releases.ReleaseKey key, string operation) =>
        Busy($"the release {key} is busy: {operation}");

    public static ApiException ChartNotFound(string id) => new(AddonsCodes.NotFound, $"chart {Text.Repair(Text.Cut(id, 100))} does not exist in the project");

    /// <summary>The values of a chart hold what JSON has no way to say.</summary>
    public static ApiException UnserializableValues(string name, string version) => new(
        AddonsCodes.SerializeFailed, $"values.yaml of the chart {name} {version} holds what JSON cannot say, such as .nan; upload it without skip_lint to see where");

    /// <summary>A quota is used up.</summary>
    /// <param name="what">What is counted.</param>
    /// <param name="limit">The most there may be.</param>
    /// <param name="setting">The setting that says so.</param>
    public static ApiException TooMany(string what, int limit, string setting) => new(AddonsCodes.Conflict, $"there may be {limit} {what} at most ({setting})")
    {
        Decision = Grants.OfQuota(what, null, limit, setting),
    };

    public static ApiException Conflict(string problem) => new(AddonsCodes.Conflict, problem);
}

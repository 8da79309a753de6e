using Microsoft.Extensions.Options;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>Settings under <c>Addons:GitOps</c>: clusters whose objects are written to files.</summary>
public sealed class GitOpsOptions
{
    /// <summary>The folders under which a cluster's registration may put its own, with <c>path</c> in its <c>stagedoor.io/driver-config</c>; the first is where those without a path are. Empty for the folder gitops in the data directory.</summary>
    public IList<string> Roots { get; } = [];
}

/// <summary>Refuses a root that names no folder.</summary>
internal sealed class GitOpsOptionsValidator : IValidateOptions<GitOpsOptions>
{
    public ValidateOptionsResult Validate(string? name, GitOpsOptions options) =>
        options.Roots.Any(static r => string.IsNullOrWhiteSpace(r) || r.Contains('\0', StringComparison.Ordinal))
            ? ValidateOptionsResult.Fail("Addons:GitOps:Roots: each entry has to be the path of a folder")
            : ValidateOptionsResult.Success;
}

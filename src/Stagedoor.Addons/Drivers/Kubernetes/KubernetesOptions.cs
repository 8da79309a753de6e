using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Settings under <c>Addons:Kubernetes</c>: clusters with an API server.</summary>
public sealed class KubernetesOptions
{
    /// <summary>The networks in which API servers of clusters may be, as addresses or in CIDR notation, for example 10.0.0.0/8. Empty for all but link-local ones and those at which clouds answer their own machines.</summary>
    public IList<string> AllowedNetworks { get; } = [];
}

/// <summary>Refuses what is no network.</summary>
internal sealed class KubernetesOptionsValidator : IValidateOptions<KubernetesOptions>
{
    public ValidateOptionsResult Validate(string? name, KubernetesOptions options)
    {
        string[] problems = [.. AddressList.FindProblems("Addons:Kubernetes:AllowedNetworks", options.AllowedNetworks)];
        return problems.Length > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}

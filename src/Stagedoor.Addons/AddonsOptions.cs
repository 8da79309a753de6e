using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Addons;

/// <summary>Settings under <c>Addons</c>.</summary>
public sealed class AddonsOptions
{
    /// <summary>How errors are told: seed as the founding document has them, cce-v3 with the statuses and members of later releases of CCE, which Terraform needs. The header X-Stagedoor-Dialect of a request decides for that request.</summary>
    [RegularExpression("^(?:seed|cce-v3)$", ErrorMessage = "seed or cce-v3")]
    public string Dialect { get; set; } = "seed";

    /// <summary>The largest package, in bytes as it is uploaded.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long MaxPackageBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>How many versions of add-ons one account may have.</summary>
    [Range(1, 1_000_000)]
    public int MaxVersionsPerAccount { get; set; } = 20_000;

    /// <summary>How many clusters one project may register.</summary>
    [Range(1, 1_000_000)]
    public int MaxClustersPerProject { get; set; } = 1_000;

    /// <summary>How many charts one project may have; each version of one counts.</summary>
    [Range(1, 1_000_000)]
    public int MaxChartsPerProject { get; set; } = 200;
}

[OptionsValidator]
internal sealed partial class AddonsOptionsValidator : IValidateOptions<AddonsOptions>;

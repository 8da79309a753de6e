using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Traffic;

/// <summary>Settings under <c>Images:Traffic</c>: how much this process takes at once and of whom, and whether it takes changes at all.</summary>
public sealed class TrafficOptions
{
    /// <summary>How many requests to the image repository this process works on at once, whoever sent them; 0 for any number.</summary>
    [Range(0, 1_000_000)]
    public int MaxConcurrentRequests { get; set; }

    /// <summary>How many requests of one account, or of one network without a login, this process takes in a second; 0 for any number.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerSecondPerAccount { get; set; }

    /// <summary>After how many requests within one minute that were refused for their rate a user, or a network without a login, is blocked; 0 for never.</summary>
    [Range(0, 10_000_000)]
    public int BlockAfterRefusals { get; set; }

    /// <summary>How long a block lasts, in minutes.</summary>
    [Range(1, 24 * 60)]
    public int BlockMinutes { get; set; } = 30;

    /// <summary>Whether callers may only read: pushes, deletions and every other change are refused.</summary>
    public bool Maintenance { get; set; }
}

[OptionsValidator]
internal sealed partial class TrafficOptionsValidator : IValidateOptions<TrafficOptions>;

using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Addons.Instances;

/// <summary>Settings under <c>Addons:Operations</c>: installing, upgrading and removing add-ons.</summary>
public sealed class OperationOptions
{
    /// <summary>How long an install, an upgrade or a rollback may take, in seconds. Clients give up after ten minutes.</summary>
    [Range(1, 24 * 3600)]
    public int TimeoutSeconds { get; set; } = 480;

    /// <summary>How long a removal may take, in seconds. Clients give up after three minutes.</summary>
    [Range(1, 24 * 3600)]
    public int DeleteTimeoutSeconds { get; set; } = 150;

    /// <summary>How long a cluster that does not answer is tried again before the operation has failed, in seconds.</summary>
    [Range(0, 3600)]
    public int UnreachableSeconds { get; set; } = 30;

    /// <summary>Every how many seconds it is asked how what is installed is.</summary>
    [Range(1, 3600)]
    public int HealthSeconds { get; set; } = 60;

    /// <summary>How many operations one process does at a time.</summary>
    [Range(1, 1000)]
    public int AtOnce { get; set; } = 16;

    /// <summary>How many of them in one cluster.</summary>
    [Range(1, 100)]
    public int PerCluster { get; set; } = 4;

    /// <summary>How many revisions of an instance are kept.</summary>
    [Range(2, 1000)]
    public int KeptRevisions { get; set; } = 10;
}

[OptionsValidator]
internal sealed partial class OperationOptionsValidator : IValidateOptions<OperationOptions>;

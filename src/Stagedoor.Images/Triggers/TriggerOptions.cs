using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Triggers;

/// <summary>Settings under <c>Images:Triggers</c>: what a push sets off.</summary>
public sealed class TriggerOptions
{
    /// <summary>How many triggers one repository may have.</summary>
    [Range(1, 1000)]
    public int MaxPerRepository { get; set; } = 20;

    /// <summary>How many firings each trigger remembers.</summary>
    [Range(1, 1000)]
    public int HistoryEntries { get; set; } = 20;

    /// <summary>How many times it is tried to reach a receiver, or the service that manages workloads, before it counts as failed.</summary>
    [Range(1, 100)]
    public int Attempts { get; set; } = 8;

    /// <summary>The seconds after a first attempt that failed; they double with each.</summary>
    [Range(1, 3600)]
    public int FirstRetrySeconds { get; set; } = 5;

    /// <summary>The longest pause between two attempts, in minutes.</summary>
    [Range(1, 24 * 60)]
    public int LongestRetryMinutes { get; set; } = 60;
}

[OptionsValidator]
internal sealed partial class TriggerOptionsValidator : IValidateOptions<TriggerOptions>;

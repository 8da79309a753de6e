using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Stagedoor.Identity;

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

    /// <summary>How many webhooks one repository may have, and one organization for all of its repositories.</summary>
    [Range(1, 1000)]
    public int MaxWebhooks { get; set; } = 20;

    /// <summary>How long a receiver may take to answer, in seconds.</summary>
    [Range(1, 300)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>How many days deliveries are remembered.</summary>
    [Range(1, 365)]
    public int DeliveryDays { get; set; } = 30;

    /// <summary>Addresses and networks (<c>10.0.0.0/8</c>) that webhooks may reach besides the public internet.</summary>
    public IList<string> AllowedNetworks { get; } = [];
}

/// <summary>What the networks have to be.</summary>
internal sealed class AllowedNetworksValidator : IValidateOptions<TriggerOptions>
{
    public ValidateOptionsResult Validate(string? name, TriggerOptions options)
    {
        string[] problems = [.. AddressList.FindProblems("Images:Triggers:AllowedNetworks", options.AllowedNetworks)];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}

[OptionsValidator]
internal sealed partial class TriggerOptionsValidator : IValidateOptions<TriggerOptions>;

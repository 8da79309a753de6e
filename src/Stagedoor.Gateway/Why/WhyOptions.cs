using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Gateway.Why;

/// <summary>Settings of what is kept about refused requests: section <c>Why</c>.</summary>
public sealed class WhyOptions
{
    /// <summary>How many days it can be asked why a request was refused; 0 to keep nothing.</summary>
    [Range(0, 365)]
    public int KeepDays { get; set; } = 7;

    /// <summary>How many refusals of one account are kept, the newest; as many again of those whose account is not known.</summary>
    [Range(100, 10_000_000)]
    public int MaxPerAccount { get; set; } = 20_000;
}

[OptionsValidator]
internal sealed partial class WhyOptionsValidator : IValidateOptions<WhyOptions>;

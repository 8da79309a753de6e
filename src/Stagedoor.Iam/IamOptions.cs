using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Iam;

/// <summary>Settings of accounts, tokens and passwords: section <c>Gateway</c>.</summary>
public sealed class IamOptions
{
    /// <summary>The region that this installation is; every account's default project has its name.</summary>
    [Required]
    [RegularExpression("^[a-z0-9][a-z0-9-]{0,31}$", ErrorMessage = "1 to 32 of a-z, 0-9 and '-'")]
    public string Region { get; set; } = "cn-local-1";

    /// <summary>Networks that users of the account may call from; empty for all. The account's root user may always.</summary>
    public IList<string> AllowedAddresses { get; } = [];

    /// <summary>How many hours a token lives.</summary>
    [Range(1, 168)]
    public int TokenHours { get; set; } = 24;

    /// <summary>How many wrong passwords lock a user out.</summary>
    [Range(3, 10)]
    public int LoginFailures { get; set; } = 5;

    /// <summary>The minutes within which wrong passwords add up.</summary>
    [Range(15, 60)]
    public int LoginFailureMinutes { get; set; } = 15;

    /// <summary>The minutes that a locked user stays locked.</summary>
    [Range(15, 30)]
    public int LockoutMinutes { get; set; } = 15;

    /// <summary>How many logins with a password one address may try in a minute.</summary>
    [Range(1, 1_000_000)]
    public int LoginsPerMinute { get; set; } = 300;

    /// <summary>Rounds of PBKDF2-SHA512 for new passwords.</summary>
    [Range(10_000, 10_000_000)]
    public int PasswordIterations { get; set; } = 210_000;
}

[OptionsValidator]
internal sealed partial class IamOptionsValidator : IValidateOptions<IamOptions>;

/// <summary>The rule that takes a parser.</summary>
internal sealed class IamOptionsRules : IValidateOptions<IamOptions>
{
    public ValidateOptionsResult Validate(string? name, IamOptions options)
    {
        var failures = new ValidateOptionsResultBuilder();
        foreach (var problem in AddressList.FindProblems("Gateway:AllowedAddresses", options.AllowedAddresses))
        {
            failures.AddError(problem);
        }

        return failures.Build();
    }
}

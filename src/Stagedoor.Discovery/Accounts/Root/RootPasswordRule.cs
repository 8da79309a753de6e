using Microsoft.Extensions.Options;

namespace Stagedoor.Discovery.Accounts.Root;

/// <summary>The password of the settings must be one that the account root could be given.</summary>
internal sealed class RootPasswordRule : IValidateOptions<RbacOptions>
{
    public ValidateOptionsResult Validate(string? name, RbacOptions options) =>
        options is { Enabled: true, RootPassword: { Length: > 0 } password } && AccountRules.PasswordProblem(password, Account.Root) is { } problem
            ? ValidateOptionsResult.Fail($"Discovery:Rbac:RootPassword is not strong enough: {problem}.")
            : ValidateOptionsResult.Success;
}

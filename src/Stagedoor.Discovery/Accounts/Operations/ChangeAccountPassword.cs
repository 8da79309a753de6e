using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>POST /v4/accounts/{name}/password</c>: the own one by who knows it, any other by an administrator.</summary>
internal static class ChangeAccountPassword
{
    internal sealed record Request
    {
        public string? CurrentPassword { get; init; }

        public string? Password { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/accounts/{name}/password", HandleAsync)
        .WithName(nameof(ChangeAccountPassword))
        .WithSummary("Change the password of an account")
        .Reads<Request>()
        .AnswersEmpty(200, "It is changed, and the tokens of the account count no more.")
        .WithMetadata(new OwnAccountMetadata())
        .Action("cse:account:updatePassword")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(
            ServiceCenterCodes.AccountNotFound,
            ServiceCenterCodes.WeakPassword,
            ServiceCenterCodes.OldPasswordWrong,
            ServiceCenterCodes.AccountBlocked, ServiceCenterCodes.TooManyLogins);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string name, AccountCaller caller, AccountWriter accounts, LoginDesk desk, CancellationToken cancellationToken)
    {
        if (!caller.Is(name) && !caller.IsAdmin)
        {
            return DiscoveryError.Forbidden($"the password of another account is changed with the role {Role.Admin}");
        }

        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.ChangeAccountPasswordRequest);
        var password = AccountRules.RequirePassword(request.Password, name);
        Account? replaced = null;
        if (caller.Is(name))
        {
            if (string.IsNullOrEmpty(request.CurrentPassword))
            {
                return DiscoveryError.Invalid("currentPassword", "required to change one's own password");
            }

            // Counted like wrong passwords at the login: a stolen token is no way to try more of them.
            replaced = await desk.FindAsync(name, request.CurrentPassword, context.Connection.RemoteIpAddress, cancellationToken);
            if (replaced is null)
            {
                return AccountError.OldPasswordWrong();
            }
        }

        await accounts.ChangePasswordAsync(name, password, replaced);
        return EmptyAnswer.Value;
    }
}

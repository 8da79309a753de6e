using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Tokens;

/// <summary>
/// <c>POST /v4/token</c>: no credential is needed. Without accounts the path does not exist, which tells clients that they need no token.
/// </summary>
internal static class CreateAccountToken
{
    private const int MaxPasswordLength = 128;
    // What the original gives: Go clients name no time, keep their token for ten hours and ask for no other when it is refused.
    private static readonly TimeSpan s_usual = TimeSpan.FromHours(12);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    internal sealed record Request
    {
        public string? Name { get; init; }

        public string? Password { get; init; }

        public string? TokenExpirationTime { get; init; }
    }

    internal sealed record Response(string Token);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/token", HandleAsync)
        .WithName(nameof(CreateAccountToken))
        .WithSummary("Create a token for an account")
        .Reads<Request>()
        .Answers<Response>(200, "The token, for Authorization: Bearer.")
        .AnswersSecrets()
        .Audit("login", "account")
        .Authenticate(AuthMode.None)
        .Action("cse:token:create")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.WrongPassword, ServiceCenterCodes.AccountBlocked, ServiceCenterCodes.TooManyLogins);

    private static async Task<IResult> HandleAsync(HttpContext context, LoginDesk desk, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.CreateAccountTokenRequest);
        if (request.Name is not { Length: > 0 and <= AccountRules.MaxNameLength } name)
        {
            return DiscoveryError.Invalid("name", $"1 to {AccountRules.MaxNameLength} characters");
        }

        if (request.Password is not { Length: > 0 and <= MaxPasswordLength } password)
        {
            return DiscoveryError.Invalid("password", $"1 to {MaxPasswordLength} characters");
        }

        var lifetime = string.IsNullOrEmpty(request.TokenExpirationTime) ? s_usual : GoDuration.Find(request.TokenExpirationTime);
        if (lifetime is not { } wanted || wanted < s_shortest || wanted > s_longest)
        {
            return DiscoveryError.Invalid("tokenExpirationTime", "15m to 24h");
        }

        context.AuditResource(name);
        var token = await desk.LogInAsync(name, password, wanted, context.Connection.RemoteIpAddress, cancellationToken);
        return Wire.Json(new Response(token), AccountsJson.Wire.CreateAccountTokenResponse);
    }
}

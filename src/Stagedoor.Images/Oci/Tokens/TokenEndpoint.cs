using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Traffic;

namespace Stagedoor.Images.Oci.Tokens;

/// <summary><c>GET</c> and <c>POST /swr/auth/v2/registry/auth</c>: exchanges a registry login for a bearer token.</summary>
internal sealed class TokenEndpoint(
    RegistryTokens tokens, RegistryAccess access, IRegistryLogins logins, TrafficGate traffic, IOptions<ImagesOptions> options)
{
    /// <summary>The name under which the original service announces its registry.</summary>
    public const string Service = "dockyard";

    internal sealed record Response(string Token, string AccessToken, int ExpiresIn, string IssuedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapMethods(
            "/swr/auth/v2/registry/auth",
            ["GET", "POST"],
            static (HttpContext context, TokenEndpoint endpoint, CallerSlot slot) => endpoint.HandleAsync(context, slot))
        .WithName("RegistryToken")
        .WithSummary("Exchange a login of the registry for a token")
        .Takes(ApiCredential.Basic, ApiCredential.Token)
        .QueryParameter("service", "The registry, as the challenge names it.")
        .QueryParameter("scope", "What the token is for, as the challenge names it; may be repeated.")
        .QueryParameter("account", "The name that was used to log in; not looked at.")
        .QueryParameter("client_id", "The program that asks; not looked at.")
        .QueryParameter("offline_token", "Not looked at.")
        .SpeaksJson(ImagesJson.Wire)
        .Answers<Response>(200, "The token.")
        .AnswersSecrets()
        .NotAudited("it is part of every pull and push; refused logins are recorded")
        .OfService("images")
        .ChangesNoImage()
        .Authenticate(AuthMode.Passthrough)
        .Unthrottled()
        .ErrorsAlsoIn(Envelope.Oci)
        .FaultsAs(ImagesCodes.CheckOrganizationFailed)
        .BadRequestAs(ImagesCodes.InvalidParameter, tooLarge: ImagesCodes.BodyTooLarge)
        .CanFail(
            ImagesCodes.InvalidAccessKey,
            ImagesCodes.AuthenticationFailed,
            ImagesCodes.RequestUnavailable,
            ImagesCodes.TooManyRequests,
            ImagesCodes.InvalidParameter,
            ImagesCodes.InvalidNotaryTokenRequest,
            ImagesCodes.GetOrganizationPermissionFailed,
            ImagesCodes.GetPermissionFailed);

    private async Task<IResult> HandleAsync(HttpContext context, CallerSlot slot)
    {
        var cancellationToken = context.RequestAborted;
        var request = context.Request;
        var login = RegistryCredential.Of(request.Headers.Authorization.ToString()).FindLogin();
        var (service, scope) = (request.Query["service"], request.Query["scope"]);
        if (HttpMethods.IsPost(request.Method))
        {
            // The OAuth2 form of containerd; other grants are not offered, so that it goes on with GET.
            if (await FindFormAsync(request, cancellationToken) is not { } form)
            {
                return RegistryError.InvalidParameter("body", "the form cannot be read");
            }

            if (form["grant_type"] != "password")
            {
                return RegistryError.Unauthorized(context, badLogin: true);
            }

            (service, scope) = (form["service"], form["scope"]);
            login = new(form["username"].ToString(), form["password"].ToString());
        }

        var caller = slot.Caller;
        if (login is not null)
        {
            caller = await logins.FindCallerAsync(login.UserName, login.Password, context.Connection.RemoteIpAddress, cancellationToken);
        }

        if (caller is null && (login is not null || request.Headers.Authorization.Count > 0))
        {
            return RegistryError.Unauthorized(context, badLogin: true);
        }

        // A token of the management API that is no good is no reason to go on as nobody.
        if (caller is null && slot.Refusal is { } refusal)
        {
            return RegistryError.Unauthorized(context, refusal: refusal);
        }

        traffic.Admit(context, caller);
        if (TokenScope.Parse(scope) is not { } scopes)
        {
            return TooManyScopes();
        }

        return service == options.Value.NotaryService
            ? await NotaryAsync(context, caller, TokenScope.Split(scope)!)
            : await AnswerAsync(caller, await GrantAsync(caller, scopes, cancellationToken), Service, cancellationToken);
    }

    private static ApiException TooManyScopes() =>
        RegistryError.InvalidParameter("scope", $"at most {TokenScope.MaxScopes} scopes, which fit into a token of {RegistryTokens.MaxLength} characters");

    // Null for a body that says it is a form and is none.
    private static async Task<IFormCollection?> FindFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // What reads forms looks at bytes and leaves them, and the server cannot end a reading of its own connection after that when the client goes
        // away. A stream in between gives out what it has taken.
        if (request.Body is not LateBodyStream)
        {
            request.Body = new LateBodyStream(request.HttpContext, request.Body);
        }

        try
        {
            return request.HasFormContentType ? await request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        }
        catch (Exception e) when (FormProblem.IsOne(e))
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<TokenAccess>> GrantAsync(Caller? caller, IReadOnlyList<TokenScope> scopes, CancellationToken cancellationToken)
    {
        var granted = new List<TokenAccess>(scopes.Count);
        foreach (var scope in scopes)
        {
            granted.Add(new(scope.Type, scope.Name, await GrantedAsync(caller, scope, scope.Name, cancellationToken)));
        }

        return granted;
    }

    // What is refused is left out and no error: the request that needs it says why.
    private async Task<IReadOnlyList<string>> GrantedAsync(Caller? caller, TokenScope scope, string name, CancellationToken cancellationToken)
    {
        if (scope is { Type: TokenAccess.Registry, Name: TokenAccess.Catalog })
        {
            // Everybody may list what everybody may read.
            return options.Value.Catalog && (caller is not null || options.Value.AnonymousPull) && scope.Actions.Contains(TokenAccess.All, StringComparer.Ordinal)
                ? [TokenAccess.All]
                : [];
        }

        if (scope.Type is not TokenAccess.Repository)
        {
            return [];
        }

        var single = !name.Contains('/', StringComparison.Ordinal);
        if (!RepositoryName.TryParse(single ? $"{RepositoryName.Library}/{name}" : name, out var repository))
        {
            return [];
        }

        var state = await access.FindAsync(repository, ImagesCodes.LoadImageFailed, cancellationToken);
        var rights = state is not null ? await access.EffectiveAsync(caller, state, cancellationToken)
            // Whether an unknown organization may be made is for the push to see.
            : caller is null ? Rights.None : Rights.Edit;
        if (single)
        {
            rights = Math.Min(rights, Rights.Read);
        }

        return [.. scope.Actions.Distinct(StringComparer.Ordinal).Where(action => action switch
        {
            TokenAccess.Pull => rights >= Rights.Read,
            TokenAccess.Push => rights >= Rights.Edit,
            TokenAccess.Delete or TokenAccess.All => rights >= Rights.Manage,
            _ => false,
        })];
    }

    private async Task<IResult> NotaryAsync(HttpContext context, Caller? caller, List<string> asked)
    {
        var host = new Uri(context.ExternalBase()).Authority + "/";
        var granted = new List<TokenAccess>();
        foreach (var text in asked)
        {
            if (!TokenScope.TryParse(text, out var parsed)
                || parsed.Type is not TokenAccess.Repository
                || !parsed.Name.StartsWith(host, StringComparison.OrdinalIgnoreCase)
                || !RepositoryName.TryParse(parsed.Name[host.Length..], out _)
                || parsed.Actions.Length == 0
                || parsed.Actions.Any(static a => a is not (TokenAccess.Pull or TokenAccess.Push or TokenAccess.All)))
            {
                return new ApiException(ImagesCodes.InvalidNotaryTokenRequest, $"scope '{text}', expected repository:{host}{{organization}}/{{name}}:pull,push");
            }

            granted.Add(new(parsed.Type, parsed.Name, await GrantedAsync(caller, parsed, parsed.Name[host.Length..], context.RequestAborted)));
        }

        return granted.Count == 0
            ? new ApiException(ImagesCodes.InvalidNotaryTokenRequest, "scope is missing")
            : await AnswerAsync(caller, granted, options.Value.NotaryService, context.RequestAborted);
    }

    private async Task<IResult> AnswerAsync(
        Caller? caller, IReadOnlyList<TokenAccess> granted, string audience, CancellationToken cancellationToken)
    {
        if (await tokens.IssueAsync(caller, granted, audience, cancellationToken) is not var (token, issuedAt))
        {
            return TooManyScopes();
        }

        return TypedResults.Json(
            new Response(token, token, options.Value.TokenSeconds, issuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            ImagesJson.Wire.TokenResponse);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Domains;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary><c>POST /v3/auth/tokens</c>: a token for a password, or for a token of another scope.</summary>
internal static class CreateToken
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3/auth/tokens", HandleAsync)
        .WithName(nameof(CreateToken))
        .WithSummary("Create a token")
        .QueryParameter("nocatalog", "Leaves the services out, whatever its value.")
        .SendsHeader(201, TokenDesk.SubjectHeader, "The token, for X-Auth-Token of other calls.")
        .Answers<TokenAnswer>(201, "What the token says; it is itself in the header X-Subject-Token.")
        .AnswersSecrets()
        .NotAudited("it records each login itself, with whom it is about")
        .Action("iam:tokens:create")
        .Authenticate(AuthMode.None)
        .CanFail(
            IamCodes.InvalidBody,
            IamCodes.WrongPassword,
            IamCodes.AuthenticationRequired,
            IamCodes.AccountLocked,
            IamCodes.UserDisabled,
            IamCodes.ProgrammaticAccessDenied,
            GatewayCodes.AddressNotAuthorized,
            IamCodes.NotAuthorized,
            IamCodes.NotFound,
            IamCodes.Throttled);

    private static async Task<IResult> HandleAsync(
        TokenRequest request,
        UserStore users,
        ProjectStore projects,
        DomainStore domains,
        Logins logins,
        [FromKeyedServices(nameof(IamModule))] LoginThrottle throttle,
        Identities identities,
        CallerRules rules,
        TokenSeal<TokenClaims> seal,
        TokenDesk desk,
        ILoginAudit audit,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var (method, problem) = request.Read();
        if (problem is not null)
        {
            return IamError.InvalidBody(problem);
        }

        if (!throttle.TryEnter(context.Connection.RemoteIpAddress))
        {
            return IamError.Throttled(throttle.Threshold, LoginThrottle.Seconds);
        }

        TokenClaims? origin = null;
        User? user;
        if (method is "token")
        {
            origin = seal.Open(request.Auth!.Identity!.Token!.Id!);
            if (origin is null || !await identities.IsCurrentAsync(origin, cancellationToken))
            {
                return IamError.AuthenticationRequired("auth.identity.token.id is no token, or not one any more");
            }

            user = await users.FindAsync(origin.UserId, cancellationToken);
        }
        else
        {
            var named = request.Auth!.Identity!.Password!.User!;
            (user, var name) = await FindAsync(named, users, domains, cancellationToken);
            switch (await logins.CheckAsync(user, name, named.Password!, context.Connection.RemoteIpAddress, cancellationToken))
            {
                case LoginResult.Busy:
                    return IamError.Busy();
                case LoginResult.Locked:
                    audit.RecordLogin(context, user?.Audited, "locked out");
                    return IamError.AccountLocked();
                case LoginResult.WrongOften:
                    audit.RecordLogin(context, user?.Audited, "wrong passwords from many networks");
                    return IamError.WrongPassword();
                case LoginResult.Wrong:
                    audit.RecordLogin(context, user?.Audited, "wrong user name or password");
                    return IamError.WrongPassword();
            }
        }

        if (user is null)
        {
            return IamError.UserDisabled("");
        }

        if (Refuse(user, rules.Judge(user, AuthenticationMethod.Token, context.Connection.RemoteIpAddress)) is var (why, refused))
        {
            audit.RecordLogin(context, user.Audited, why);
            return refused;
        }

        var (project, refusal) = await ScopeAsync(request.Auth.Scope, user, projects, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        if (await users.FindIdentityAsync(user.Id, cancellationToken) is not { } identity)
        {
            return IamError.WrongPassword();
        }

        // The stamp is the one that was read with the password: should the password change meanwhile, the token is void from the start.
        var claims = origin is null ? desk.Begin(user, project?.Id) : desk.Continue(origin, project?.Id);
        context.Response.Headers[TokenDesk.SubjectHeader] = desk.Seal(claims);
        context.Response.Headers.CacheControl = "no-store";
        audit.RecordLogin(context, user.Audited, null);
        return TypedResults.Json(
            new TokenAnswer(desk.Describe(claims, identity, project, context)), statusCode: StatusCodes.Status201Created);
    }

    /// <summary>Why a user who has proved who it is gets no token; null when it gets one, be it only to change its password with.</summary>
    private static (string Why, ApiException Refusal)? Refuse(User user, IdentityState state) => state switch
    {
        IdentityState.Inactive => ("disabled", IamError.UserDisabled(user.Name)),
        IdentityState.ConsoleOnly => ("console access only", IamError.ProgrammaticAccessDenied()),
        IdentityState.ForeignAddress => ("address not allowed", new(GatewayCodes.AddressNotAuthorized)),
        _ => null,
    };

    /// <summary>The user, and what it is counted under when there is none: by the account's id however the request names the account.</summary>
    private static async Task<(User? User, string Name)> FindAsync(
        TokenRequest.NamedUser named, UserStore users, DomainStore domains, CancellationToken cancellationToken)
    {
        if (named.Id is { Length: > 0 } id)
        {
            return (await users.FindAsync(id, cancellationToken), id);
        }

        var domain = named.Domain!.Id is { Length: > 0 } domainId
            ? await domains.FindAsync(domainId, cancellationToken)
            : await domains.FindByNameAsync(named.Domain.Name!, cancellationToken);
        var user = await users.FindByNameAsync(named.Name!, domain?.Id ?? "-", "", cancellationToken);
        return (user, $"{domain?.Id ?? $"{named.Domain.Id}/{named.Domain.Name}"}/{named.Name}");
    }

    /// <summary>The project that the token is to be for; null for the account as a whole. What is another account's is not there.</summary>
    private static async Task<(Project? Project, ApiException? Refusal)> ScopeAsync(
        TokenRequest.RequestedScope? scope, User user, ProjectStore projects, CancellationToken cancellationToken)
    {
        if (scope?.Project is { } wanted)
        {
            if (wanted is { Id: null or "", Name: null or "" } || !Texts.IsStorable(wanted.Id) || !Texts.IsStorable(wanted.Name))
            {
                return (null, IamError.InvalidBody("auth.scope.project needs an id or a name"));
            }

            var project = wanted switch
            {
                { Id: { Length: > 0 } id } => await projects.FindAsync(id, cancellationToken),
                { Name: { Length: > 0 } name } when IsOwn(wanted.Domain, user) =>
                    await projects.FindByNameAsync(user.DomainId, name, cancellationToken),
                _ => null,
            };
            if (project is null || !string.Equals(project.DomainId, user.DomainId, StringComparison.Ordinal))
            {
                return (null, IamError.NotFound("project", wanted.Id is { Length: > 0 } id ? id : wanted.Name!));
            }

            return project.Enabled
                ? (project, null)
                : (null, IamError.NotAuthorized($"The project {project.Name} is suspended."));
        }

        return IsOwn(scope?.Domain, user)
            ? (null, null)
            : (null, IamError.NotFound("domain", scope!.Domain!.Id is { Length: > 0 } domain ? domain : scope.Domain.Name!));
    }

    private static bool IsOwn(TokenRequest.NamedDomain? domain, User user) => domain switch
    {
        { Id: { Length: > 0 } id } => string.Equals(id, user.DomainId, StringComparison.Ordinal),
        { Name: { Length: > 0 } name } => string.Equals(name, user.DomainName, StringComparison.Ordinal),
        _ => true,
    };
}

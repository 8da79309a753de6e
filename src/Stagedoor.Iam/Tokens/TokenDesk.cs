using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>Issues tokens and describes them.</summary>
internal sealed class TokenDesk(TokenSeal<TokenClaims> seal, IdSource ids, IOptions<IamOptions> options, TimeProvider clock)
{
    /// <summary>The header that carries the token that a request is about.</summary>
    public const string SubjectHeader = "X-Subject-Token";

    /// <summary>Claims for a login with a password; the token is for the project, or for the account as a whole.</summary>
    public TokenClaims Begin(User user, string? projectId)
    {
        var (id, now) = (ids.NewId(), Now);
        return new()
        {
            Id = id,
            RootId = id,
            UserId = user.Id,
            Stamp = user.Stamp,
            ProjectId = projectId,
            Method = "password",
            IssuedAt = now,
            ExpiresAt = now.AddHours(options.Value.TokenHours),
        };
    }

    /// <summary>The same user's claims for something else. They end when the first token ends, and are revoked with it.</summary>
    public TokenClaims Continue(TokenClaims claims, string? projectId) =>
        claims with { Id = ids.NewId(), ProjectId = projectId, Method = "token", IssuedAt = Now };

    public string Seal(TokenClaims claims) => seal.Seal(claims);

    /// <summary>What a token says, for its holder.</summary>
    public TokenBody Describe(TokenClaims claims, KnownUser identity, Project? project, HttpContext context)
    {
        var user = identity.User;
        var domain = new TokenDomain(user.DomainId, user.DomainName);
        return new()
        {
            Methods = [claims.Method],
            IssuedAt = IamTimes.Text(claims.IssuedAt),
            ExpiresAt = IamTimes.Text(claims.ExpiresAt),
            User = new(user.Id, user.Name, "", domain),
            Project = project is null ? null : new(project.Id, project.Name, domain),
            Domain = project is null ? domain : null,
            Roles = [.. identity.RolesIn(project?.Id).Select(r => new TokenRole("0", r))],
            Catalog = string.IsNullOrEmpty(context.Request.Query["nocatalog"])
                ? Catalog.For(context.RequestServices.GetRequiredService<ModuleSet>(), project?.Id, options.Value.Region, context.ExternalBase())
                : [],
        };
    }

    // What a token carries is in milliseconds.
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Projects;

namespace Stagedoor.Iam.Tokens;

/// <summary><c>GET|HEAD /v3/auth/tokens</c>: what the token in <c>X-Subject-Token</c> says, as long as it counts.</summary>
internal static class GetToken
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, HttpMethods.Get, nameof(GetToken));
        Map(routes, HttpMethods.Head, "CheckToken");
    }

    private static void Map(IEndpointRouteBuilder routes, string method, string name) => routes
        .MapMethods("/v3/auth/tokens", [method], HandleAsync)
        .WithName(name)
        .WithSummary("Show what a token says, as long as it counts")
        .HeaderParameter(TokenDesk.SubjectHeader, "The token that is asked about.", isRequired: true)
        .SendsHeader(200, TokenDesk.SubjectHeader, "The token that was asked about.")
        .Answers<TokenAnswer>(200, "What the token says.")
        .AnswersSecrets()
        .HasOwnHead()
        .Action("iam:tokens:get")
        .CanFail(IamCodes.InvalidBody, IamCodes.NotAuthorized, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromHeader(Name = TokenDesk.SubjectHeader)] string? token,
        Caller caller,
        SubjectToken subject,
        ProjectStore projects,
        TokenDesk desk,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var (claims, identity, refusal) = await subject.FindAsync(token, caller, cancellationToken);
        if (claims is null || identity is null)
        {
            return refusal!;
        }

        var project = claims.ProjectId is null ? null : await projects.FindAsync(claims.ProjectId, cancellationToken);
        if (claims.ProjectId is not null && project is null)
        {
            return IamError.SubjectTokenNotFound();
        }

        context.Response.Headers[TokenDesk.SubjectHeader] = token;
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new TokenAnswer(desk.Describe(claims, identity, project, context)));
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.LoginCommands;

/// <summary><c>POST /v2/manage/utils/authorizationtoken</c>: a login of the registry for half a day, whose user name is no project's.</summary>
internal static class CreateAuthorizationToken
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(12);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/utils/authorizationtoken", HandleAsync)
        .WithName(nameof(CreateAuthorizationToken))
        .WithSummary("Get a login of the registry for twelve hours")
        .Answers<DockerConfig>(200, "The login, as docker's configuration has it.")
        .SendsLogin()
        .SendsHeader(200, CreateSecret.Expiry, "When the login ends.")
        .Action("swr:login:createAuthorizationToken");

    private static Task<IResult> HandleAsync(HttpContext context, Caller caller, LoginProjects projects, ImageAddresses addresses) =>
        CreateSecret.AnswerAsync(context, caller, IRegistryLogins.AnyProject, s_lifetime, projects, addresses);
}

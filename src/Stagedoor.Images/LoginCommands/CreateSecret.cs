using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.LoginCommands;

/// <summary><c>POST /v2/manage/utils/secret</c>: a login of the registry that ends by itself.</summary>
internal static class CreateSecret
{
    public const string Expiry = "X-Swr-Expireat";

    private const int ShortestSeconds = 15 * 60;
    private const int LongestSeconds = 24 * 60 * 60;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/utils/secret", HandleAsync)
        .WithName(nameof(CreateSecret))
        .WithSummary("Get a temporary login of the registry")
        .QueryParameter("projectname", "The project that the login acts in; without it that of the region.")
        .QueryParameter("duration_seconds", $"How long it is good, {ShortestSeconds} to {LongestSeconds} seconds; {LongestSeconds} unless given.", ParameterType.Number)
        .Answers<DockerConfig>(200, "The login, as docker's configuration has it.")
        .SendsLogin()
        .SendsHeader(200, Expiry, "When the login ends.")
        .Action("swr:login:createSecret");

    /// <summary>What routes that answer a login have in common.</summary>
    public static RouteHandlerBuilder SendsLogin(this RouteHandlerBuilder builder) => builder
        .SendsHeader(200, "X-Swr-Dockerlogin", "The command that logs docker in.")
        .AnswersSecrets()
        .Audit("createDockerConfig", "dockerConfig")
        .FaultsAs(ImagesCodes.GetServiceTokenFailed)
        .CanFail(ImagesCodes.InvalidQueryParameter, ImagesCodes.InvalidParameter, ImagesCodes.ExternalAddressNotConfigured);

    private static async Task<IResult> HandleAsync(
        [FromQuery(Name = "projectname")] string? project,
        [FromQuery(Name = "duration_seconds")] string? duration,
        HttpContext context,
        Caller caller,
        LoginProjects projects,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var lifetime = ReadDuration(duration);
        var name = await projects.FindAsync(caller.DomainId, project, cancellationToken);
        return await AnswerAsync(context, caller, name, lifetime, projects, addresses);
    }

    /// <summary>Answers a new login.</summary>
    /// <param name="context">The call.</param>
    /// <param name="caller">Whose login it is.</param>
    /// <param name="project">What stands before the access key in its user name.</param>
    /// <param name="lifetime">How long it is good.</param>
    /// <param name="projects">Issues its key.</param>
    /// <param name="addresses">Where the registry is.</param>
    public static async Task<IResult> AnswerAsync(
        HttpContext context, Caller caller, string project, TimeSpan lifetime, LoginProjects projects, ImageAddresses addresses)
    {
        var host = addresses.External(context);
        var key = await projects.IssueAsync(caller, lifetime, context.RequestAborted);
        context.AuditResource($"{project}@{key.AccessKey}");
        context.Response.Headers[Expiry] = WireTime.Of(key.ExpiresAt.ToUnixTimeMilliseconds());
        return DockerConfig.Answer(context, host, $"{project}@{key.AccessKey}", key.Password);
    }

    private static TimeSpan ReadDuration(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return TimeSpan.FromSeconds(LongestSeconds);
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= ShortestSeconds and <= LongestSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw ImagesError.InvalidQueryParameter("duration_seconds", Text.Cut(Text.Repair(text), 32), $"{ShortestSeconds} to {LongestSeconds}");
    }
}

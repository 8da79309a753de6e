using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.LoginCommands;

/// <summary><c>POST /v2/manage/utils/dockerconfig</c>: the login of the registry that belongs to a permanent key.</summary>
internal static class CreateDockerConfig
{
    internal sealed record Request(string? Ak, string? Sk, [property: JsonPropertyName("SWRServer")] string? Server, [property: JsonPropertyName("projectname")] string? Project);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/utils/dockerconfig", HandleAsync)
        .WithName(nameof(CreateDockerConfig))
        .WithSummary("Get the login of the registry that belongs to an access key")
        .Answers<DockerConfig>(200, "The login, as docker's configuration has it.")
        .SendsLogin()
        .Action("swr:login:createDockerConfig")
        .CanFail(ImagesCodes.AccessKeyEmpty, ImagesCodes.SwrServerMissing, ImagesCodes.InvalidAccessKey)
        .CanFail(ImageAddresses.Faults);

    private static async Task<IResult> HandleAsync(
        Request request,
        HttpContext context,
        IAccessKeyLogins logins,
        LoginProjects projects,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Ak) || string.IsNullOrEmpty(request.Sk))
        {
            return ImagesError.AccessKeyMissing(string.IsNullOrEmpty(request.Ak) ? "ak" : "sk");
        }

        if (string.IsNullOrEmpty(request.Server))
        {
            return ImagesError.ServerMissing();
        }

        var hosts = await addresses.FindAsync(context);
        if (!string.Equals(request.Server, hosts.External, StringComparison.OrdinalIgnoreCase)
            && !string.Equals(request.Server, hosts.Internal, StringComparison.OrdinalIgnoreCase))
        {
            return ImagesError.InvalidParameter($"SWRServer is {hosts.External} or {hosts.Internal}");
        }

        var password = LoginKey.Compute(request.Ak, request.Sk);
        if (await logins.FindCallerByKeyAsync(request.Ak, password, null, context.Connection.RemoteIpAddress, cancellationToken) is not { } owner)
        {
            return ImagesError.InvalidAccessKey();
        }

        var project = await projects.FindAsync(owner.DomainId, request.Project, cancellationToken);
        context.AuditResource($"{project}@{request.Ak}");
        return DockerConfig.Answer(context, request.Server, $"{project}@{request.Ak}", password);
    }
}

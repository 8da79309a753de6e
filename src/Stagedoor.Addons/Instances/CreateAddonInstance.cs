using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>POST /api/v3/addons</c></summary>
internal static class CreateAddonInstance
{
    public const string TokenHeader = "X-Client-Token";
    private const int MaxToken = 128;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(CreateAddonInstance))
        .WithSummary("Install an add-on in a cluster")
        .HeaderParameter(TokenHeader, "Makes this the same request as another one with it within 24 hours, which is answered with what the first one made.")
        .Reads<InstanceRequest>()
        .Answers<InstanceView>(201, "It is being installed.")
        .Action("cce:addonInstance:create")
        .Audit("createAddonInstance", "addonInstance")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.AddonNotFound, AddonsCodes.ClusterNotSupported, AddonsCodes.Installed, AddonsCodes.Locked, AddonsCodes.SerializeFailed)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        JsonElement body,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        InstanceStore instances,
        Install install,
        InstanceAnswers answers,
        CancellationToken cancellationToken)
    {
        var request = InstanceBody.Read(body, "install");
        var isAutomatic = request.Says(InstanceBody.DependenciesKey, "auto");
        var token = Token(context.Request, body);
        var spec = request.Spec!;
        context.AuditResource(Text.Repair(Text.Cut(spec.AddonTemplateName!, 100)));
        var instance = token is null ? null : await FindAnsweredAsync(instances, caller.Project(), token, cancellationToken);
        if (instance is null)
        {
            var cluster = await clusters.FindAsync(caller.Project(), spec.ClusterId!, cancellationToken) ?? throw AddonsError.ClusterNotFound(spec.ClusterId!);
            instance = await install.BeginAsync(
                new()
                {
                    DomainId = caller.DomainId,
                    Template = spec.AddonTemplateName!,
                    Version = spec.Version,
                    Values = spec.Values,
                    Annotations = request.Kept(),
                    InstallsDependencies = isAutomatic,
                    Actor = context.UserName(),
                    Token = token,
                },
                cluster,
                cancellationToken);
        }

        context.AuditResource(instance.Template, instance.Id);
        return TypedResults.Json(await answers.OfAsync(instance, cancellationToken), InstancesJson.Wire.InstanceView, statusCode: StatusCodes.Status201Created);
    }

    private static ClientToken? Token(HttpRequest request, JsonElement body) => request.Headers[TokenHeader].ToString() switch
    {
        "" => null,
        { Length: <= MaxToken } token when Text.IsStorable(token) => new(token, InstallOrder.HashOf(body)),
        _ => throw AddonsError.Invalid(TokenHeader, $"has at most {MaxToken} characters"),
    };

    private static async Task<Instance?> FindAnsweredAsync(InstanceStore instances, string projectId, ClientToken token, CancellationToken cancellationToken) =>
        await instances.FindTokenAsync(projectId, token.Token, cancellationToken) is not { } answered ? null
        : string.Equals(answered.BodySha256, token.BodySha256, StringComparison.Ordinal) ? await instances.FindAsync(projectId, answered.InstanceId, cancellationToken)
        : throw AddonsError.Invalid(TokenHeader, "was sent with another body before");
}

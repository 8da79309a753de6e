using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>PATCH …/webhooks/{webhook}</c>: what the request does not name stays.</summary>
internal static class UpdateWebhook
{
    internal sealed record Request(
        string? Url, string? Secret, bool? Enabled, IReadOnlyList<string?>? Events, [property: JsonPropertyName("tag_pattern")] string? TagPattern);

    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}", static (routes, path, owner) => routes
        .MapPatch(path, HandleAsync)
        .WithName($"Update{owner}Webhook")
        .WithSummary("Change who is told of tags over HTTP")
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:repo:updateWebhook")
        .Audit("updateWebhook", "webhook")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .CanFail(WebhookGate.Refusals)
        .CanFail(ImagesCodes.ImageExists));

    private static async Task<IResult> HandleAsync(
        string webhook,
        Request request,
        HttpContext context,
        Caller caller,
        WebhookGate gate,
        WebhookStore webhooks,
        WebhookSecrets secrets,
        WebhookNetworks guard,
        CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        var change = new WebhookChange(
            request.Url is null ? null : WebhookBody.ReadUrl(request.Url, guard),
            request.Secret is null ? null : secrets.Protect(id, WebhookBody.ReadSecret(request.Secret)),
            request.Enabled,
            request.Events is null ? null : WebhookBody.ReadEvents(request.Events),
            request.TagPattern is null ? null : WebhookBody.ReadPattern(request.TagPattern));
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        context.AuditResource($"{owner.Path}/{id}");
        return await webhooks.UpdateAsync(owner, id, change, cancellationToken) switch
        {
            WebhookOutcome.Done => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            WebhookOutcome.Present => ImagesError.WebhookExists(owner.Path, change.Url!),
            _ => ImagesError.WebhookNotFound(owner.Path, id),
        };
    }
}

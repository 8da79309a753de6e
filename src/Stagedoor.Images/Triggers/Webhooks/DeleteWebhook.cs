using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>DELETE …/webhooks/{webhook}</c></summary>
internal static class DeleteWebhook
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}", static (routes, path, owner) => routes
        .MapDelete(path, HandleAsync)
        .WithName($"Delete{owner}Webhook")
        .WithSummary("Tell somebody of tags no longer")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:repo:deleteWebhook")
        .Audit("deleteWebhook", "webhook")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        context.AuditResource($"{owner.Path}/{id}");
        return await webhooks.DeleteAsync(owner, id, cancellationToken) ? TypedResults.NoContent() : ImagesError.WebhookNotFound(owner.Path, id);
    }
}

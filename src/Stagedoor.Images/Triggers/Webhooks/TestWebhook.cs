using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>POST …/webhooks/{webhook}/test</c>: sends an event that nothing has caused, also while the webhook is off.</summary>
internal static class TestWebhook
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}/test", static (routes, path, owner) => routes
        .MapPost(path, HandleAsync)
        .WithName($"Test{owner}Webhook")
        .WithSummary("Send a test to a webhook")
        .Answers<NewDelivery>(201, "It is about to be sent.")
        .Action("swr:repo:testWebhook")
        .Audit("testWebhook", "webhook")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, IdSource ids, TimeProvider clock, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        context.AuditResource($"{owner.Path}/{id}");
        if (await webhooks.FindAsync(owner, id, cancellationToken) is null)
        {
            return ImagesError.WebhookNotFound(owner.Path, id);
        }

        var eventId = ids.NewId();
        var repository = owner.RepositoryId == 0 ? "" : owner.Path[(owner.Organization.Name.Length + 1)..];
        var content = WebhookEvent.Write(
            eventId, owner.Route, new(Webhook.Test, owner.Organization.Name, repository, [], "", "", caller.UserName), clock.GetUtcNow());
        return await webhooks.SendAsync(id, eventId, Webhook.Test, content, cancellationToken) is { } delivery
            ? TypedResults.Json(new NewDelivery(delivery), TriggersJson.Wire.NewDelivery, statusCode: StatusCodes.Status201Created)
            : ImagesError.WebhookNotFound(owner.Path, id);
    }
}

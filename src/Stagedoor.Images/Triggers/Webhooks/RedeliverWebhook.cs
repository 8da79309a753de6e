using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>POST …/webhooks/{webhook}/deliveries/{delivery}/redeliver</c>: sends the same event once more, as a delivery of its own.</summary>
internal static class RedeliverWebhook
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}/deliveries/{delivery}/redeliver", static (routes, path, owner) => routes
        .MapPost(path, HandleAsync)
        .WithName($"Redeliver{owner}Webhook")
        .WithSummary("Send to a webhook once more what was sent")
        .Answers<NewDelivery>(201, "It is about to be sent.")
        .Action("swr:repo:redeliverWebhook")
        .Audit("redeliverWebhook", "webhook")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, string delivery, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        WebhookBody.CheckDelivery(delivery);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        context.AuditResource($"{owner.Path}/{id}");
        if (await webhooks.FindAsync(owner, id, cancellationToken) is null || await webhooks.FindDeliveryAsync(id, delivery, cancellationToken) is not { } row)
        {
            return ImagesError.DeliveryNotFound(owner.Path, id, delivery);
        }

        return await webhooks.SendAsync(id, row.EventId, row.Event, row.Content, cancellationToken) is { } made
            ? TypedResults.Json(new NewDelivery(made), TriggersJson.Wire.NewDelivery, statusCode: StatusCodes.Status201Created)
            : ImagesError.DeliveryNotFound(owner.Path, id, delivery);
    }
}

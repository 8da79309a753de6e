using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>GET …/webhooks/{webhook}/deliveries/{delivery}</c></summary>
internal static class ShowDelivery
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}/deliveries/{delivery}", static (routes, path, owner) => routes
        .MapGet(path, HandleAsync)
        .WithName($"Show{owner}WebhookDelivery")
        .WithSummary("Show what was sent to a webhook")
        .Answers<DeliveryDetails>(200, "The delivery.")
        .Action("swr:repo:getWebhookDelivery")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, string delivery, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        WebhookBody.CheckDelivery(delivery);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        if (await webhooks.FindAsync(owner, id, cancellationToken) is null || await webhooks.FindDeliveryAsync(id, delivery, cancellationToken) is not { } row)
        {
            return ImagesError.DeliveryNotFound(owner.Path, id, delivery);
        }

        using var content = JsonDocument.Parse(row.Content);
        return TypedResults.Json(new DeliveryDetails(DeliveryView.Of(row), content.RootElement.Clone()), TriggersJson.Wire.DeliveryDetails);
    }
}

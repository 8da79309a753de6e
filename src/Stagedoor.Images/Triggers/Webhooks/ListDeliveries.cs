using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>GET …/webhooks/{webhook}/deliveries</c></summary>
internal static class ListDeliveries
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}/deliveries", static (routes, path, owner) => routes
        .MapGet(path, HandleAsync)
        .WithName($"List{owner}WebhookDeliveries")
        .WithSummary("List what was sent to a webhook, the latest first")
        .Pages()
        .Answers<IReadOnlyList<DeliveryView>>(200, "The deliveries.")
        .Action("swr:repo:listWebhookDeliveries")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        var query = PageQuery.Read(context.Request, []);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        if (await webhooks.FindAsync(owner, id, cancellationToken) is null)
        {
            return ImagesError.WebhookNotFound(owner.Path, id);
        }

        var (total, page) = await webhooks.ListDeliveriesAsync(id, query.Offset, query.Limit, cancellationToken);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json([.. page.Select(DeliveryView.Of)], TriggersJson.Wire.IReadOnlyListDeliveryView);
    }
}

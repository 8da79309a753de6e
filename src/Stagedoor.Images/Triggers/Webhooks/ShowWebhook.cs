using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>GET …/webhooks/{webhook}</c></summary>
internal static class ShowWebhook
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "/{webhook}", static (routes, path, owner) => routes
        .MapGet(path, HandleAsync)
        .WithName($"Show{owner}Webhook")
        .WithSummary("Show who is told of tags over HTTP")
        .Answers<WebhookView>(200, "The webhook.")
        .Action("swr:repo:getWebhook")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        string webhook, HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var id = WebhookBody.ReadId(webhook);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        return await webhooks.FindAsync(owner, id, cancellationToken) is { } row
            ? TypedResults.Json(WebhookView.Of(row), TriggersJson.Wire.WebhookView)
            : ImagesError.WebhookNotFound(owner.Path, id);
    }
}

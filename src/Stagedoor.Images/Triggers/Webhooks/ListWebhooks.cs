using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>GET …/webhooks</c></summary>
internal static class ListWebhooks
{
    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "", static (routes, path, owner) => routes
        .MapGet(path, HandleAsync)
        .WithName($"List{owner}Webhooks")
        .WithSummary("List who is told of tags over HTTP")
        .Answers<IReadOnlyList<WebhookView>>(200, "The webhooks.")
        .Action("swr:repo:listWebhooks")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(WebhookGate.Refusals));

    private static async Task<IResult> HandleAsync(
        HttpContext context, Caller caller, WebhookGate gate, WebhookStore webhooks, CancellationToken cancellationToken)
    {
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        return TypedResults.Json([.. (await webhooks.ListAsync(owner, cancellationToken)).Select(WebhookView.Of)], TriggersJson.Wire.IReadOnlyListWebhookView);
    }
}

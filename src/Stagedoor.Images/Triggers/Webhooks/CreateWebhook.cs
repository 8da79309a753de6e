using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary><c>POST …/webhooks</c></summary>
internal static class CreateWebhook
{
    private const int SecretLength = 40;

    internal sealed record Request(
        string? Url, string? Secret, bool? Enabled, IReadOnlyList<string?>? Events, [property: JsonPropertyName("tag_pattern")] string? TagPattern);

    /// <param name="Id">The webhook's id.</param>
    /// <param name="Secret">The secret that was made up, never to be shown again; absent when the request brought one.</param>
    internal sealed record Response(long Id, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret);

    public static void Map(IEndpointRouteBuilder all) => WebhookGate.Map(all, "", static (routes, path, owner) => routes
        .MapPost(path, HandleAsync)
        .WithName($"Create{owner}Webhook")
        .WithSummary("Have somebody told of tags over HTTP")
        .Answers<Response>(201, "It is made.")
        .AnswersSecrets()
        .Action("swr:repo:createWebhook")
        .Audit("createWebhook", "webhook")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(WebhookGate.Refusals)
        .CanFail(ImagesCodes.RequiredParameterMissing, ImagesCodes.ImageExists, ImagesCodes.ExternalAddressNotConfigured));

    private static async Task<IResult> HandleAsync(
        Request request,
        HttpContext context,
        Caller caller,
        WebhookGate gate,
        WebhookStore webhooks,
        WebhookSecrets secrets,
        WebhookNetworks guard,
        ImageAddresses addresses,
        IdSource ids,
        IOptions<TriggerOptions> options,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Url))
        {
            return ImagesError.RequiredParameterMissing("url");
        }

        var webhook = new Webhook
        {
            Url = WebhookBody.ReadUrl(request.Url, guard),
            Enabled = request.Enabled is false ? 0 : 1,
            Events = request.Events is { } events ? WebhookBody.ReadEvents(events) : Webhook.Push,
            TagPattern = WebhookBody.ReadPattern(request.TagPattern ?? ""),
            Host = addresses.External(context),
            CreatorName = caller.UserName,
        };
        var made = string.IsNullOrEmpty(request.Secret) ? ids.NewSecret(SecretLength) : null;
        var secret = made ?? WebhookBody.ReadSecret(request.Secret!);
        var owner = await gate.OpenAsync(context, caller, cancellationToken);
        var id = await webhooks.NextIdAsync(cancellationToken);
        context.AuditResource($"{owner.Path}/{id}");
        return await webhooks.AddAsync(owner, webhook with { Id = id, ProtectedSecret = secrets.Protect(id, secret) }, cancellationToken) switch
        {
            WebhookOutcome.Done => TypedResults.Json(new Response(id, made), TriggersJson.Wire.CreateWebhookResponse, statusCode: StatusCodes.Status201Created),
            WebhookOutcome.Present => ImagesError.WebhookExists(owner.Path, webhook.Url),
            WebhookOutcome.TooMany => ImagesError.TooManyWebhooks(options.Value.MaxWebhooks),
            _ => ImagesError.WebhookNotFound(owner.Path, id),
        };
    }
}

using System.Text.Json;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>A webhook as answers show it, without its secret.</summary>
internal sealed record WebhookView(
    long Id, string Url, bool Enabled, IReadOnlyList<string> Events, string TagPattern, string CreatorName, string CreatedAt, string UpdatedAt)
{
    public static WebhookView Of(Webhook w) => new(
        w.Id, w.Url, w.Enabled == 1, w.Events.Split(','), w.TagPattern, w.CreatorName, WireTime.Of(w.CreatedAt), WireTime.Of(w.UpdatedAt));
}

/// <summary>A delivery in a list. What there was no attempt for is 0 or empty.</summary>
/// <param name="Id">Its id.</param>
/// <param name="EventId">The event's id, which all deliveries of the same event have.</param>
/// <param name="Event">push, delete or test.</param>
/// <param name="Status">waiting, delivered or failed.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="ByHand">Whether somebody asked for it.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="AttemptedAt">When it was tried last.</param>
/// <param name="DurationMs">How long that took.</param>
/// <param name="ResponseStatus">The HTTP status of the answer.</param>
/// <param name="ResponseBody">The first 1024 bytes of the answer.</param>
/// <param name="Error">Why it did not succeed.</param>
internal sealed record DeliveryView(
    string Id,
    string EventId,
    string Event,
    string Status,
    long Attempts,
    bool ByHand,
    string CreatedAt,
    string AttemptedAt,
    long DurationMs,
    long ResponseStatus,
    string ResponseBody,
    string Error)
{
    public static DeliveryView Of(Delivery d) => new(
        d.Id,
        d.EventId,
        d.Event,
        d.Status,
        d.Attempts,
        d.ByHand == 1,
        WireTime.Of(d.CreatedAt),
        WireTime.Of(d.AttemptedAt) ?? "",
        d.Duration ?? 0,
        d.ResponseStatus ?? 0,
        d.ResponseBody ?? "",
        d.Error ?? "");
}

/// <summary>A delivery with what was sent.</summary>
internal sealed record DeliveryDetails(DeliveryView Delivery, JsonElement Content);

/// <summary>The id of something that was made.</summary>
internal sealed record NewDelivery(string Id);

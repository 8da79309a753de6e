using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Images.Triggers.Webhooks;

namespace Stagedoor.Images.Triggers;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(CreateTrigger.Request), TypeInfoPropertyName = "CreateTriggerRequest")]
[JsonSerializable(typeof(UpdateTrigger.Request), TypeInfoPropertyName = "UpdateTriggerRequest")]
[JsonSerializable(typeof(TriggerView))]
[JsonSerializable(typeof(IReadOnlyList<TriggerView>))]
[JsonSerializable(typeof(TriggerJob.Work))]
[JsonSerializable(typeof(CreateWebhook.Request), TypeInfoPropertyName = "CreateWebhookRequest")]
[JsonSerializable(typeof(CreateWebhook.Response), TypeInfoPropertyName = "CreateWebhookResponse")]
[JsonSerializable(typeof(UpdateWebhook.Request), TypeInfoPropertyName = "UpdateWebhookRequest")]
[JsonSerializable(typeof(IReadOnlyList<WebhookView>))]
[JsonSerializable(typeof(IReadOnlyList<DeliveryView>))]
[JsonSerializable(typeof(DeliveryDetails))]
[JsonSerializable(typeof(NewDelivery))]
[JsonSerializable(typeof(WebhookEvent.Data))]
internal sealed partial class TriggersJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static TriggersJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}

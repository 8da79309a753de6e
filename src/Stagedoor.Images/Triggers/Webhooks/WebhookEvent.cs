using System.Net.Mime;
using System.Text;
using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Events as they are sent: CloudEvents 1.0 in JSON.</summary>
internal static class WebhookEvent
{
    /// <summary>What an event says. A test has no tags.</summary>
    internal sealed record Data(string Event, string Namespace, string Repository, IReadOnlyList<string> Tags, string Digest, string Image, string UserName);

    /// <summary>The JSON of an event.</summary>
    /// <param name="id">Its id, which stays the same however often it is sent.</param>
    /// <param name="source">The resource that it is about.</param>
    /// <param name="data">What has happened.</param>
    /// <param name="at">When.</param>
    public static string Write(string id, string source, Data data, DateTimeOffset at)
    {
        var message = new CloudEvent(CloudEventsSpecVersion.V1_0)
        {
            Id = id,
            Source = new(source, UriKind.Relative),
            Type = $"stagedoor.images.{data.Event}",
            Subject = data.Repository.Length == 0 ? data.Namespace : $"{data.Namespace}/{data.Repository}",
            Time = at,
            DataContentType = MediaTypeNames.Application.Json,
            Data = JsonSerializer.SerializeToElement(data, TriggersJson.Wire.Data),
        };
        return Encoding.UTF8.GetString(new JsonEventFormatter().EncodeStructuredModeMessage(message, out _).Span);
    }
}
